package document

import "github.com/parapet-dev/parapet/internal/input"

func (p *Program) analyse() *input.Projection { return input.Everything() }
