package parapet.aws.elbv2.tls_policy_test

import data.parapet.aws.elbv2.tls_policy

denied(values) if {
	count(tls_policy.deny) == 1 with input as {"resource": {"type": "aws_lb_listener", "values": values}}
}

with_policy(name) := {"protocol": "HTTPS", "ssl_policy": name}

test_policies_with_old_versions if {
	every name in {
		"ELBSecurityPolicy-2016-08",
		"ELBSecurityPolicy-FS-1-1-2019-08",
		"ELBSecurityPolicy-TLS-1-1-2017-01",
		"ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
		"ELBSecurityPolicy-TLS13-1-1-2021-06",
	} {
		denied(with_policy(name))
	}
}

test_policies_from_1_2 if {
	every name in {
		"ELBSecurityPolicy-FS-1-2-Res-2020-10",
		"ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
		"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
		"ELBSecurityPolicy-TLS13-1-3-2021-06",
	} {
		not denied(with_policy(name))
	}
}

test_silence_depends_on_the_protocol if {
	denied({"protocol": "HTTPS"})
	denied({"protocol": "TLS"})
	not denied({"protocol": "HTTP"})
	not denied({"protocol": "TCP"})
	not denied({})
}
