package collect

import "context"

// pager is a paginator of the SDK: O is the answer, F the client's options.
type pager[O, F any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*F)) (*O, error)
}

// eachPage calls do for every page of a list, to the last.
func eachPage[O, F any](ctx context.Context, p pager[O, F], do func(page *O)) error {
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		do(page)
	}
	return nil
}
