package aws_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// BenchmarkRun compares a run with a bare loop over the SDK that makes the same
// calls of the same fake, as many at a time: the difference is what budget,
// scopes and values cost.
func BenchmarkRun(b *testing.B) {
	const regions, types, jobs = 20, 20, 16
	var names []string
	for i := range regions {
		names = append(names, "r-"+string(rune('a'+i)))
	}
	fake := tftest.FakeAWS(b)
	fake.Forget = true
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	var rows []aws.Type
	for i := range types {
		t := volumes()
		t.Name += string(rune('a' + i))
		rows = append(rows, t)
	}
	o := options(b, fake, time.Minute, rows...)
	o.Regions, o.Jobs = names, jobs
	b.Run("parapet", func(b *testing.B) {
		for b.Loop() {
			run(b, o, &sink{})
		}
		b.ReportMetric(float64(regions*types*b.N)/b.Elapsed().Seconds(), "calls/s")
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			bare(b, o, names, types, jobs)
		}
		b.ReportMetric(float64(regions*types*b.N)/b.Elapsed().Seconds(), "calls/s")
	})
}

// bare makes a client for each region, and calls them from jobs goroutines.
func bare(b *testing.B, o aws.Options, regions []string, each, jobs int) {
	b.Helper()
	var clients []*ec2.Client
	for _, r := range regions {
		cfg := o.Config.Copy()
		cfg.Region = r
		clients = append(clients, ec2.NewFromConfig(cfg))
	}
	var next atomic.Int64
	done := make(chan error, jobs)
	for range jobs {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(clients)*each {
					done <- nil
					return
				}
				if _, err := clients[i/each].DescribeVolumes(context.Background(), &ec2.DescribeVolumesInput{}); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range jobs {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// dropping is a sink that keeps nothing, and watches the memory.
type dropping struct {
	puts atomic.Int64
	peak atomic.Uint64
}

func (d *dropping) Enter(aws.Account, []aws.Scope) error { return nil }
func (d *dropping) Done(aws.Scope) bool                  { return false }

func (d *dropping) Put(aws.Outcome) error {
	if d.puts.Add(1)%500 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		d.peak.Store(max(d.peak.Load(), m.HeapAlloc))
	}
	return nil
}

// TestFlatMemory: what lives on does not grow with the number of accounts.
func TestFlatMemory(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Forget = true
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: oneVolume})
	fake.Always("ec2:DescribeVolumeAttribute", tftest.Answer{Body: attributeOn})
	fake.Always("organizations:ListAccounts", tftest.JSONError(400, "AccessDeniedException", "no"))
	o := options(t, fake, time.Minute, volumes(), parts("aws_part", "a", "b"), parts("aws_piece", "a", "b"))
	o.Role, o.Regions = "r", []string{"eu-west-1", "us-east-1"}
	for i := range 200 {
		o.Accounts = append(o.Accounts, fmt.Sprintf("2%011d", i))
	}
	c := aws.New(o)
	plan, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := &dropping{}
	if err := c.Run(t.Context(), plan, d); err != nil {
		t.Fatal(err)
	}
	if want := int64(len(plan.Accounts)) * 2 * 3; d.puts.Load() != want {
		t.Errorf("%d outcomes, want %d", d.puts.Load(), want)
	}
	const limit = 32 << 20
	if peak := d.peak.Load(); peak > limit {
		t.Errorf("%d MB live on, want at most %d", peak>>20, limit>>20)
	} else {
		t.Logf("%d accounts, %d scopes, %.1f MB live", len(plan.Accounts), d.puts.Load(), float64(peak)/(1<<20))
	}
}
