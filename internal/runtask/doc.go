// Package runtask serves the run task protocol of HCP Terraform and Terraform
// Enterprise: it is told of a plan by a signed webhook, fetches the plan, has
// it judged by a [Gate] and sends the verdict back.
//
//	POST (HMAC-SHA512) ─► verify ─► parse ─► accept ─► 200
//	                                           │
//	             plan_json_api_url ─► Gate ─► result ─► PATCH task_result_callback_url
//
// Who knows the key can make the server send requests. It sends them only to
// hosts that it was told of, and it sends the token of a run only to the host
// that the run names. What goes wrong is reported as failed with its reason; no
// path leads from an error to "passed".
//
// The protocol is described at
// https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run-tasks/run-tasks-integration.
package runtask
