package collect

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// backupVault reads the ordinary vaults: logically air-gapped ones are another
// type.
func backupVault() aws.Type {
	return aws.Type{
		Name:       "aws_backup_vault",
		Service:    "backup",
		Actions:    []string{"backup:ListBackupVaults", "backup:ListTags"},
		Filled:     []string{"arn", "kms_key_arn", "name", "recovery_points", "tags"},
		ConfigOnly: []string{"force_destroy", "timeouts"},
		Volatile:   []string{"recovery_points"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, backup.NewFromConfig)
			var list []backuptypes.BackupVaultListMember
			p := backup.NewListBackupVaultsPaginator(c, &backup.ListBackupVaultsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, d := range page.BackupVaultList {
					if d.VaultType == "" || d.VaultType == backuptypes.VaultTypeBackupVault {
						list = append(list, d)
					}
				}
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d backuptypes.BackupVaultListMember) error {
				it := aws.Item{ID: aws.String(d.BackupVaultName), ARN: aws.String(d.BackupVaultArn), Values: map[string]any{
					"kms_key_arn": d.EncryptionKeyArn, "name": d.BackupVaultName, "recovery_points": d.NumberOfRecoveryPoints,
				}}
				tags := map[string]string{}
				p := backup.NewListTagsPaginator(c, &backup.ListTagsInput{ResourceArn: d.BackupVaultArn})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if err != nil {
						if err := out.Miss(&it, err, "tags"); err != nil {
							return err
						}
						out.Add(it)
						return nil
					}
					maps.Copy(tags, page.Tags)
				}
				it.Values["tags"] = aws.TagMap(tags)
				out.Add(it)
				return nil
			})
		},
	}
}
