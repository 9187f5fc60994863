package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
)

// batchSize is how many bytes of lines are decided together.
const batchSize = 256 << 10

// batch is some lines of the input on their way through: read, decided by a
// worker, written in the order of reading.
type batch struct {
	line     int // number of the first line
	text     []byte
	out      []byte
	problems diag.Diagnostics
	done     chan struct{}
}

// maxProblems is how many bad lines are told of one by one.
const maxProblems = 20

// simulateLines decides requests line by line, on all cores, and writes the
// decisions in the order of the lines.
func (s Streams) simulateLines(path, format string, p *policySet, clock func() (time.Time, bool)) (err error) {
	in := s.In
	name := "standard input"
	if path != "-" {
		f, err := os.Open(path)
		name = filepath.ToSlash(path)
		if err != nil {
			return diag.Errorf("input-unreadable", "cannot read %s: %v", name, errors.Unwrap(err))
		}
		defer f.Close()
		in = f
	}
	work := make(chan *batch)
	order := make(chan *batch, 2*runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			d := newLineDecider(name, format, p, clock)
			for b := range work {
				d.run(b)
				close(b.done)
			}
		})
	}
	var readErr error
	workers.Go(func() {
		defer close(order)
		defer close(work)
		readErr = readBatches(in, func(b *batch) bool {
			select {
			case order <- b:
			case <-stop:
				return false
			}
			work <- b
			return true
		})
	})
	failed, err := s.writeBatches(order, format)
	close(stop)
	for b := range order { // after an error, let the reader end
		<-b.done
	}
	workers.Wait()
	switch {
	case err != nil:
		return diag.Errorf("output-unwritable", "cannot write the decisions: %v", err)
	case readErr != nil:
		return diag.Errorf("input-unreadable", "cannot read %s: %v", name, readErr)
	case failed > 0:
		if failed > maxProblems {
			s.warn(diag.Errorf("request", "%d lines of %s could not be decided", failed, name))
		}
		return errReported
	}
	return nil
}

// writeBatches writes what is decided, in order, and tells of bad lines.
func (s Streams) writeBatches(order <-chan *batch, format string) (failed int, err error) {
	w := bufio.NewWriterSize(s.Out, 1<<20)
	if format == formatTable {
		fmt.Fprintf(w, tableLine+"\n", "ID", "DECISION", "LAYER", "STATEMENTS OR KEYS")
	}
	for b := range order {
		<-b.done
		if _, err := w.Write(b.out); err != nil {
			return failed, err
		}
		for _, d := range b.problems {
			if failed++; failed <= maxProblems {
				s.warn(d)
			}
		}
	}
	return failed, w.Flush()
}

// readBatches cuts the input into batches that end with a line.
func readBatches(in io.Reader, send func(*batch) bool) error {
	line := 1
	var rest []byte
	for {
		text := make([]byte, len(rest), max(batchSize, 2*len(rest)))
		copy(text, rest)
		n, err := io.ReadFull(in, text[len(rest):cap(text)])
		text = text[:len(rest)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		end := len(text)
		if !last {
			if end = bytes.LastIndexByte(text, '\n') + 1; end == 0 {
				rest = text
				continue
			}
		}
		b := &batch{line: line, text: text[:end], done: make(chan struct{})}
		rest = text[end:]
		line += bytes.Count(b.text, []byte("\n"))
		if !send(b) || last {
			return nil
		}
	}
}

// tableLine is the form of a line of the table of decisions.
const tableLine = "%-24s %-16s %-9s %s"

// run decides the lines of a batch.
func (d *lineDecider) run(b *batch) {
	line := b.line
	for text := range strings.Lines(string(b.text)) {
		if strings.TrimSpace(text) != "" {
			var err error
			if b.out, err = d.decide(b.out, strings.TrimRight(text, "\r\n")); err != nil {
				b.problems = append(b.problems, diag.From("request", err)[0].At(diag.Place{File: d.name, Line: line}))
			}
		}
		line++
	}
}
