package aws

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Classify says which status an error of a call means, and why, in one line
// that is the same whenever the cause is. An AuthFailure is taken for a region
// that is off, as it is for credentials that work elsewhere.
func Classify(err error) (Status, string) {
	if err == nil {
		return Complete, ""
	}
	detail := describe(err)
	code, message := "", ""
	if api := smithy.APIError(nil); errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	code = strings.TrimPrefix(code, "Client.")
	switch {
	case retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == sdk.TrueTernary,
		slices.Contains(throttleCodes, code), statusCode(err) == http.StatusTooManyRequests:
		return Throttled, detail
	case slices.Contains(regionOffCodes, code):
		return RegionOff, detail
	case slices.Contains(unsupportedCodes, code), unknownBody(err), unknownHost(err):
		return Unsupported, detail
	case denied(code), statusCode(err) == http.StatusForbidden && !slices.Contains(credentialCodes, code):
		if strings.Contains(message, "service control policy") || strings.Contains(message, "resource control policy") {
			return DeniedBySCP, detail
		}
		return DeniedByIAM, detail
	}
	return Failed, detail
}

// classify is Classify with what is known of the session: in a region that the
// account lists as enabled, bad credentials are an error.
func (s *Session) classify(err error) (Status, string) {
	status, detail := Classify(err)
	if status == RegionOff && s.enabled {
		status = Failed
	}
	return status, detail
}

// Codes that the SDK does not count as throttling.
var throttleCodes = []string{"RateExceeded", "RequestThrottledException", "ThrottlingError", "TooManyRequests"}

// regionOffCodes are the answers of services in a region that the account has
// not enabled. https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var regionOffCodes = []string{
	"AuthFailure", "OptInRequired", "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "InvalidAccessKeyId",
}

// unsupportedCodes are the answers of endpoints that do not know an operation,
// as with a mock, a partition or a region that lacks it.
var unsupportedCodes = []string{
	"InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented", "NotImplementedException",
	"UnsupportedOperation", "UnsupportedOperationException", "NotYetImplemented", "UnknownAction",
}

// credentialCodes come with status 403 and are no lack of permission.
var credentialCodes = []string{
	"ExpiredToken", "ExpiredTokenException", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException",
	"MissingAuthenticationToken", "RequestTimeTooSkewed", "IncompleteSignature",
}

func denied(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "AccessDeniedFault", "AllAccessDisabled", "AuthorizationError", "AuthorizationErrorException",
		"Forbidden", "ForbiddenException", "NotAuthorized", "NotAuthorizedException", "UnauthorizedAccess", "UnauthorizedException", "UnauthorizedOperation":
		return true
	}
	return strings.HasPrefix(code, "AccessDenied")
}

// Is reports whether an error is an API's answer of one of these codes, such as
// NoSuchBucketPolicy: what was asked for is not there.
func Is(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// canceled reports whether the run was ended, which says nothing of the scope.
func canceled(err error) bool {
	var c *smithy.CanceledError
	return errors.Is(err, context.Canceled) || errors.As(err, &c)
}

func statusCode(err error) int {
	if re, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return re.HTTPStatusCode()
	}
	return 0
}

// unknownBody reports whether the answer is a web page where an API would
// answer in its own format: what mocks and gateways say to what they do not
// know.
func unknownBody(err error) bool {
	switch statusCode(err) {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusInternalServerError, http.StatusNotImplemented:
		return webPage(err)
	}
	return false
}

// webPage reports whether the answer was one.
func webPage(err error) bool {
	re, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && re.Response != nil && re.Response.Response != nil && strings.HasPrefix(re.Response.Header.Get("Content-Type"), "text/html")
}

// garbled reports whether the answer was an error that could not be read, and no
// web page: part of it is lost.
func garbled(err error) bool {
	var api smithy.APIError
	return statusCode(err) >= 300 && !errors.As(err, &api) && !webPage(err)
}

// unknownHost reports whether the service has no endpoint in the region.
func unknownHost(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsNotFound
}

// volatileText is what differs between two errors of one cause: ids of requests
// and of hosts, addresses, and what EC2 encodes anew each time.
var volatileText = regexp.MustCompile(`(?i),? ?(request ?id|host ?id|extended request id): ?[^ ,)]*|` +
	` ?(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d+(->)?|,? encoded authorization failure message: .*`)

// maxDetail bounds a detail, in bytes.
const maxDetail = 400

// describe writes an error in one line.
func describe(err error) string {
	text, call := "", ""
	if op := (*smithy.OperationError)(nil); errors.As(err, &op) {
		call = op.Service() + " " + op.Operation() + ": "
	}
	api := smithy.APIError(nil)
	switch {
	case unknownBody(err):
		text = "the endpoint answers with a web page (status " + http.StatusText(statusCode(err)) + ")"
	case errors.As(err, &api) && api.ErrorCode() != "":
		text = api.ErrorCode() + ": " + api.ErrorMessage()
	default:
		text = innermost(err).Error()
	}
	text = strings.Join(strings.Fields(volatileText.ReplaceAllString(text, "")), " ")
	text = strings.TrimSuffix(text, ":")
	return strings.ToValidUTF8((call + text)[:min(len(call+text), maxDetail)], "")
}

// innermost takes off what the SDK and the HTTP client wrap around an error to
// say which request it was.
func innermost(err error) error {
	for {
		var op *smithy.OperationError
		var many *retry.MaxAttemptsError
		var response *smithyhttp.ResponseError
		var send *smithyhttp.RequestSendError
		var get *url.Error
		var next error
		switch {
		case errors.As(err, &op):
			next = op.Err
		case errors.As(err, &many):
			next = many.Err
		case errors.As(err, &response):
			next = response.Err
		case errors.As(err, &send):
			next = send.Err
		case errors.As(err, &get):
			next = get.Err
		}
		if shape := (*smithy.DeserializationError)(nil); next == nil && errors.As(err, &shape) {
			next = shape.Err
		}
		if next == nil {
			return err
		}
		err = next
	}
}
