package tftest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// AWS is a fake of AWS that answers what a test says. It knows the caller from
// the access key: sts:AssumeRole gives every account keys of its own.
type AWS struct {
	URL     string
	Account string // of callers that assumed no role
	Forget  bool   // do not count and keep calls, for many of them

	mu      sync.Mutex
	answers map[string]func(Call) Answer
	calls   []Call
}

// Call is a request as the fake sees it.
type Call struct {
	Account, Region string
	Operation       string     // "ec2:DescribeRegions"; of REST APIs "s3:GET /bucket?tagging"
	Form            url.Values // of the query protocols
	Body            string
	Nth             int    // how often the account has called it in the region, from 1
	Request         string // all that tells it from others; set by a [Proxy] only
}

// Answer is what is sent back. A zero Status means 200.
type Answer struct {
	Status int
	Type   string // of the content; empty means XML or JSON, by its first byte
	Body   string
	Delay  time.Duration // before anything is sent
	Cut    bool          // the connection breaks in the middle of the body
}

// FakeAWS starts a fake that knows sts:GetCallerIdentity and sts:AssumeRole.
// It ends with the test. What has no answer is an error of the test.
func FakeAWS(t testing.TB) *AWS {
	t.Helper()
	a := &AWS{Account: "111111111111", answers: map[string]func(Call) Answer{}}
	a.On("sts:GetCallerIdentity", func(c Call) Answer {
		return Answer{Body: fmt.Sprintf(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::%[1]s:user/test</Arn><Account>%[1]s</Account><UserId>U</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`, c.Account)}
	})
	a.On("sts:AssumeRole", AssumeRole)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has given up
		}
		c := a.read(r, string(body))
		a.mu.Lock()
		answer := a.answers[c.Operation]
		a.mu.Unlock()
		if answer == nil {
			t.Errorf("the fake has no answer to %s", c.Operation)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		answer(c).send(w, r)
	}))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// On says what an operation answers. It replaces what was said before.
func (a *AWS) On(operation string, answer func(Call) Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[operation] = answer
}

// Always makes an operation give one answer.
func (a *AWS) Always(operation string, answer Answer) {
	a.On(operation, func(Call) Answer { return answer })
}

// Calls returns the requests so far, in the order in which they came.
func (a *AWS) Calls(operation string) []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []Call
	for _, c := range a.calls {
		if operation == "" || c.Operation == operation {
			list = append(list, c)
		}
	}
	return list
}

// parseCall finds out what a request asks. The credential scope of its
// signature names key, region and service.
func parseCall(r *http.Request, body string) (c Call, key string) {
	c.Body = body
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope+"////", "/")
	c.Region = parts[2]
	name := ""
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		name = target[strings.LastIndexByte(target, '.')+1:]
	} else if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		c.Form, _ = url.ParseQuery(c.Body)
		name = c.Form.Get("Action")
	} else {
		name = r.Method + " " + r.URL.EscapedPath()
		for q := range strings.SplitSeq(r.URL.RawQuery, "&") {
			if key, value, _ := strings.Cut(q, "="); value == "" && key != "" {
				name += "?" + key // a subresource
			}
		}
	}
	c.Operation = parts[3] + ":" + name
	return c, parts[0]
}

// read is parseCall, and notes the call.
func (a *AWS) read(r *http.Request, body string) Call {
	c, key := parseCall(r, body)
	c.Account = a.Account
	if account, ok := strings.CutPrefix(key, "KEY"); ok {
		c.Account = account
	}
	if a.Forget {
		return c
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c.Nth = 1
	for _, o := range a.calls {
		if o.Account == c.Account && o.Region == c.Region && o.Operation == c.Operation {
			c.Nth++
		}
	}
	a.calls = append(a.calls, c)
	return c
}

func (a Answer) send(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(a.Delay):
	case <-r.Context().Done():
		return
	}
	kind := a.Type
	switch {
	case kind != "":
	case strings.HasPrefix(a.Body, "{"):
		kind = "application/x-amz-json-1.1"
	default:
		kind = "text/xml"
	}
	w.Header().Set("Content-Type", kind)
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	if a.Cut {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, a.Body[:len(a.Body)/2])
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, a.Body)
}

// EC2Error is an error of EC2.
func EC2Error(status int, code, message string) Answer {
	return Answer{Status: status, Body: fmt.Sprintf(
		`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r-%d</RequestID></Response>`, code, message, time.Now().UnixNano())}
}

// QueryError is an error of the query protocol: IAM, STS, RDS and others.
func QueryError(status int, code, message string) Answer {
	return Answer{Status: status, Body: fmt.Sprintf(
		`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r-%d</RequestId></ErrorResponse>`, code, message, time.Now().UnixNano())}
}

// S3Error is an error of S3.
func S3Error(status int, code, message string) Answer {
	return Answer{Status: status, Body: fmt.Sprintf(`<Error><Code>%s</Code><Message>%s</Message><RequestId>r-%d</RequestId></Error>`, code, message, time.Now().UnixNano())}
}

// JSONError is an error of the JSON protocols.
func JSONError(status int, code, message string) Answer {
	return Answer{Status: status, Body: fmt.Sprintf(`{"__type": %q, "message": %q}`, code, message)}
}

// AssumeRole is how the fake answers sts:AssumeRole: with keys of the account.
func AssumeRole(c Call) Answer {
	account := strings.Split(c.Form.Get("RoleArn")+"::::", ":")[4]
	return Answer{Body: fmt.Sprintf(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEY%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, account)}
}
