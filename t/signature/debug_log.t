# The module logs the canonical request and the string to sign at debug level, and
# no secrets.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: Signature V4 in headers: canonical request and string to sign, line by line
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a+b?z=1&y
--- grep_error_log eval
qr{\[debug\] \S+ \S+ s3 .*$}
--- grep_error_log_out eval
my $c = qr{\[debug\] \d+\#\d+: \*\d+ s3 canonical request:};
my $s = qr{\[debug\] \d+\#\d+: \*\d+ s3 string to sign:};
my $empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
qr{\A$c "GET"
$c "/films/a%2Bb"
$c "y=&z=1"
$c "host:h"
$c "x-amz-content-sha256:$empty"
$c "x-amz-date:\d{8}T\d{6}Z"
$c ""
$c "host;x-amz-content-sha256;x-amz-date"
$c "$empty"
$s "AWS4-HMAC-SHA256"
$s "\d{8}T\d{6}Z"
$s "\d{8}/eu-west-1/s3/aws4_request"
$s "[0-9a-f]{64}"
\z}
--- no_error_log
SecretCanary

=== TEST 2: Signature V4 in headers with a token, which is not shown
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- grep_error_log eval
qr{s3 (?:canonical request|string to sign): .*$}
--- grep_error_log_out eval
my $c = 's3 canonical request:';
my $s = 's3 string to sign:';
my $empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
qr{\A$c "GET"
$c "/f/a"
$c ""
$c "host:h"
$c "x-amz-content-sha256:$empty"
$c "x-amz-date:\d{8}T\d{6}Z"
$c "x-amz-security-token:\[redacted\]"
$c ""
$c "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
$c "$empty"
$s "AWS4-HMAC-SHA256"
$s "\d{8}T\d{6}Z"
$s "\d{8}/eu-west-1/s3/aws4_request"
$s "[0-9a-f]{64}"
\z}
--- upstream_request_like: ^x-amz-security-token: TokenCanary/With\+Signs0000000000000001==$
--- no_error_log
SecretCanary
TokenCanary

=== TEST 3: Signature V4 in the query with a token, which is not shown in its encoded form either
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region eu-west-1;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a?b=c
--- grep_error_log eval
qr{s3 (?:canonical request|string to sign): .*$}
--- grep_error_log_out eval
my $c = 's3 canonical request:';
my $s = 's3 string to sign:';
qr{\A$c "GET"
$c "/f/a"
$c "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDTEST00000000001%2F\d{8}%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=\d{8}T\d{6}Z&X-Amz-Expires=900&X-Amz-Security-Token=\[redacted\]&X-Amz-SignedHeaders=host&b=c"
$c "host:h"
$c ""
$c "host"
$c "UNSIGNED-PAYLOAD"
$s "AWS4-HMAC-SHA256"
$s "\d{8}T\d{6}Z"
$s "\d{8}/eu-west-1/s3/aws4_request"
$s "[0-9a-f]{64}"
\z}
--- upstream_request_like: ^GET /f/a\?\S+&X-Amz-Security-Token=TokenCanary%2FWith%2BSigns0000000000000001%3D%3D&X-Amz-SignedHeaders=host&b=c&X-Amz-Signature=[0-9a-f]{64} HTTP
--- no_error_log
SecretCanary
TokenCanary

=== TEST 4: Signature V2 in headers with a token: the string to sign alone
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a?b=c&acl
--- grep_error_log eval
qr{s3 (?:canonical request|string to sign): .*$}
--- grep_error_log_out eval
my $s = 's3 string to sign:';
qr{\A$s "GET"
$s ""
$s ""
$s ""
$s "x-amz-date:\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
$s "x-amz-security-token:\[redacted\]"
$s "/films/a\?acl"
\z}
--- no_error_log
SecretCanary
TokenCanary

=== TEST 5: Signature V2 in the query with a token: the string to sign alone
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a
--- grep_error_log eval
qr{s3 (?:canonical request|string to sign): .*$}
--- grep_error_log_out eval
my $s = 's3 string to sign:';
qr{\A$s "GET"
$s ""
$s ""
$s "\d{10}"
$s "x-amz-security-token:\[redacted\]"
$s "/films/a"
\z}
--- no_error_log
SecretCanary
TokenCanary

=== TEST 6: Content-MD5 and Content-Type have their lines in a string to sign of Signature V2
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_methods PUT;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
PUT /f/a
text
--- more_headers
Content-MD5: HLLTiz2fe5Yjy+Ps6f6rWg==
Content-Type: text/plain
--- grep_error_log eval
qr{s3 string to sign: .*$}
--- grep_error_log_out eval
my $s = 's3 string to sign:';
qr{\A$s "PUT"
$s "HLLTiz2fe5Yjy\+Ps6f6rWg=="
$s "text/plain"
$s "\d{10}"
$s "/films/a"
\z}
--- no_error_log
SecretCanary

=== TEST 7: a long line is cut into several, and nothing of it is lost
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
'GET /f/a?a=' . 'x' x 2996 . 'yz'
--- grep_error_log eval
qr{s3 canonical request: "(?:a=)?x+(?:yz)?"$}
--- grep_error_log_out eval
# Half of the buffer for a line of the log: 2048 bytes, with OpenResty 4096, less
# what begins the line.
my $half = NginxTest::Nginx::name() =~ /^openresty/ ? 2032 : 1008;
my $line = 'a=' . 'x' x 2996 . 'yz';
join '', map { qq{s3 canonical request: "$_"\n} } $line =~ /.{1,$half}/g;

=== TEST 8: a byte that could break a line is escaped
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- more_headers eval
"X-Amz-Meta-A: \"quoted\" and \xe9"
--- error_log
s3 canonical request: "x-amz-meta-a:\"quoted\" and \xe9"

=== TEST 9: no canonical request is logged for a request that is refused
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent
--- no_error_log
s3 canonical request
s3 string to sign
SecretCanary

=== TEST 10: no canonical request is logged for a request that is not signed
--- config
location /f/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /f/a
--- error_log
http upstream process header
--- no_error_log
s3 canonical request
s3 string to sign

=== TEST 11: at level info nothing is logged for a signed request
--- config
proxy_http_version 1.1;
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- log_level: info
--- request
GET /f/a
--- upstream_request_like: &X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1$
--- no_error_log
s3
Canary
[error]
[warn]

=== TEST 12: at level error nothing is logged for a signed request
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- log_level: error
--- request
GET /f/a
--- upstream_request_like: ^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/
--- no_error_log
s3
Canary

=== TEST 13: at level error the log has the refusal alone
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- log_level: error
--- request
GET /f/a
--- error_code: 500
--- grep_error_log eval
qr{.+}
--- grep_error_log_out eval
qr{\A\S+ \S+ \[error\] \S+ \*\d+ request not signed and not sent: "s3_region" evaluated to an empty value, .*\n\z}

=== TEST 14: an error log of the location at debug level
--- config
location /f/ {
    error_log logs/error.log debug;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- log_level: error
--- request
GET /f/a
--- error_log
s3 string to sign: "GET"
--- no_error_log
Canary
