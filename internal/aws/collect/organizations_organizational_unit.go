package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func organizationsOrganizationalUnit() aws.Type {
	return aws.Type{
		Name:    "aws_organizations_organizational_unit",
		Service: "organizations",
		Reach:   aws.Organization,
		Actions: []string{"organizations:ListOrganizationalUnitsForParent", "organizations:ListRoots"},
		Filled:  []string{"arn", "name", "parent_id"},
		Collect: ofOrganization(func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, organizations.NewFromConfig)
			var parents []string
			roots := organizations.NewListRootsPaginator(c, &organizations.ListRootsInput{})
			for roots.HasMorePages() {
				page, err := roots.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, r := range page.Roots {
					parents = append(parents, aws.String(r.Id))
				}
			}
			for len(parents) > 0 {
				parent := parents[0]
				parents = parents[1:]
				units, err := unitsBelow(ctx, c, parent)
				if err != nil {
					return err
				}
				for _, u := range units {
					parents = append(parents, aws.String(u.Id))
					out.Add(aws.Item{ID: aws.String(u.Id), ARN: aws.String(u.Arn), Name: aws.String(u.Name), Values: map[string]any{
						"name":      u.Name,
						"parent_id": parent,
					}})
				}
			}
			return nil
		}),
	}
}

func unitsBelow(ctx context.Context, c *organizations.Client, parent string) ([]orgtypes.OrganizationalUnit, error) {
	var all []orgtypes.OrganizationalUnit
	p := organizations.NewListOrganizationalUnitsForParentPaginator(c, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.OrganizationalUnits...)
	}
	return all, nil
}
