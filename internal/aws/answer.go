package aws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK reads what it expects out of an answer and passes over the rest. What
// says that all is well and is something else, such as the page of a gateway,
// would so be an empty list: no resources, no violations.
var (
	errEmpty   = errors.New("the answer is empty")
	errForeign = errors.New("the answer is not the service's")
)

// peek is how many bytes of an answer are looked at, at most.
const peek = 1024

// refuseOdd makes an error of an answer that says that all is well and has no
// body where one is due, or one that is none of the service's.
func refuseOdd(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	req, sent := in.Request.(*smithyhttp.Request)
	if err != nil || !ok || !sent || req.Method == http.MethodHead || resp.StatusCode < 200 || resp.StatusCode > 299 || resp.Body == nil {
		return out, metadata, err
	}
	text := bufio.NewReaderSize(resp.Body, peek)
	begin, err := text.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	resp.Body = &rejoined{Reader: text, Closer: resp.Body}
	if resp.Header.Get("Content-Encoding") != "" && len(begin) > 0 {
		return out, metadata, nil // what is compressed has a form of its own
	}
	op := operation{sdkmiddleware.GetServiceID(ctx), sdkmiddleware.GetOperationName(ctx)}
	switch begin = bytes.TrimSpace(begin); {
	case len(begin) == 0:
		err = errEmpty
	case op == bucketPolicy:
		err = wholeDocument(resp)
	case speaksXML(req, op) && !ownXML(begin), !speaksXML(req, op) && !ownJSON(begin):
		err = errForeign
	default:
		return out, metadata, nil
	}
	if err != nil {
		err = &smithy.DeserializationError{Err: err}
	}
	return out, metadata, err
}

// rejoined is a body of which the beginning was read.
type rejoined struct {
	io.Reader
	io.Closer
}

// bucketPolicy answers with a policy document in place of XML, which nobody
// parses.
var bucketPolicy = operation{"S3", "GetBucketPolicy"}

// wholeDocument reads a body that is a policy document.
func wholeDocument(resp *smithyhttp.Response) error {
	const limit = 1 << 20 // policies of buckets have 20 KB at most
	text, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return err
	}
	resp.Body = &rejoined{Reader: bytes.NewReader(text), Closer: resp.Body}
	var doc struct{ Statement json.RawMessage } // without which it is no policy
	if json.Unmarshal(text, &doc) != nil || doc.Statement == nil {
		return errForeign
	}
	return nil
}

// speaksXML reports whether an operation answers in XML: those of the query
// protocols, and of the few services that speak REST with XML.
func speaksXML(req *smithyhttp.Request, op operation) bool {
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return true
	}
	switch op.service {
	case "CloudFront", "Route 53", "S3", "S3 Control":
		return true
	}
	return false
}

// ownXML reports whether an answer begins as a result in XML: not as a web page,
// and not as an error, which belongs to another status.
func ownXML(begin []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(begin))
	for {
		token, err := d.RawToken()
		if err != nil {
			return false
		}
		switch token := token.(type) {
		case xml.Directive:
			return false // a document type
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return false
			}
		case xml.StartElement:
			switch strings.ToLower(token.Name.Local) {
			case "html", "error", "errorresponse", "response": // the last is how EC2 begins errors
				return false
			}
			return true
		}
	}
}

// errorInJSON is how an error begins in the JSON protocols.
var errorInJSON = regexp.MustCompile(`^\{\s*"__type"\s*:`)

// ownJSON is ownXML for JSON.
func ownJSON(begin []byte) bool { return begin[0] == '{' && !errorInJSON.Match(begin) }
