package input

// skip takes the next value and keeps nothing of it. It is as strict as value.
// Most of a plan is skipped, so that this avoids the calls that object, array
// and stringBytes need.
func (s *scanner) skip() error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch c {
	case '{':
		return s.skipMembers('}', true)
	case '[':
		return s.skipMembers(']', false)
	case '"':
		return s.skipString()
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	_, err = s.number()
	return err
}

// skipMembers takes an object or an array, up to its closing character.
func (s *scanner) skipMembers(closing byte, keys bool) error {
	s.pos++ // the opening character, which peek has seen
	if err := s.enter(); err != nil {
		return err
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == closing {
		s.pos++
		s.depth--
		return nil
	}
	for {
		if keys {
			if _, err := s.peek(); err != nil {
				return err
			}
			if err := s.skipString(); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
		}
		if err := s.skip(); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		switch c {
		case ',':
			s.pos++
		case closing:
			s.pos++
			s.depth--
			return nil
		default:
			return s.syntax("found %q where %q or a comma is expected", c, closing)
		}
	}
}

// skipString takes a string.
func (s *scanner) skipString() error {
	if err := s.expect('"'); err != nil {
		return err
	}
	for i, c := range s.buf[s.pos:s.end] {
		if c == '"' {
			s.pos += i + 1
			return nil
		}
		if c == '\\' || c < ' ' {
			s.pos += i
			break
		}
	}
	_, err := s.slowString()
	return err
}
