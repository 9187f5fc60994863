package collect

import "github.com/parapet-dev/parapet/internal/aws"

// unread adds a resource that a list names and whose description could not be
// read: what the list does not tell of it is unknown. Give what the row
// fills, and in the item what is known.
func unread(out *aws.Out, filled []string, it aws.Item, err error) error {
	var missing []string
	for _, path := range filled {
		if _, known := it.Values[path]; !known && (path != "arn" || it.ARN == "") {
			missing = append(missing, path)
		}
	}
	if err := out.Miss(&it, err, missing...); err != nil {
		return err
	}
	out.Add(it)
	return nil
}
