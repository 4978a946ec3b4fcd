# Values with variables are evaluated for each request. A request is refused if a
# value is invalid.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

# All directives for the recording upstream, one of them with another value.
sub directives {
    my ($name, $value) = @_;

    my %value = (
        s3_access_key     => 'AKIDTEST00000000001',
        s3_secret_key     => 'SecretCanary/With+Signs0000000000000001',
        s3_security_token => 'TokenCanary/With+Signs0000000000000001==',
        s3_region         => 'eu-west-1',
        $name             => $value,
    );
    return map { "$_ $value{$_};" } sort keys %value;
}

no_root_location();
s3_region('eu-west-1');
run_tests();

__DATA__

=== TEST 1: s3_access_key from a map
--- http_config
map $uri $key {
    default AKIDPERMANENT0000001;
}
--- config
location /f/ {
    s3_access_key $key;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- no_error_log
PermanentSecretKey

=== TEST 2: s3_secret_key from a map is not logged
--- http_config
map $uri $secret {
    default PermanentSecretKey/With+Signs00000000001;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key $secret;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- no_error_log
PermanentSecretKey

=== TEST 3: s3_security_token from a map is not logged
--- http_config
map $uri $token {
    default "TemporarySessionToken/With+Signs==";
}
--- config
location /f/ {
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token $token;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- no_error_log
TemporarySessionToken
TemporarySessionToken%2FWith

=== TEST 4: s3_region from a map
--- http_config
map $uri $region {
    default eu-west-1;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 5: values that contain a variable
--- config
location /f/ {
    set $a PERMANENT;
    set $d west;
    s3_access_key AKID${a}0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-$d-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 6: a secret key from a map of maps is not logged
--- http_config
map $uri $inner {
    default PermanentSecretKey/With+Signs00000000001;
}
map $uri $secret {
    default $inner;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key $secret;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- no_error_log
PermanentSecretKey

=== TEST 7: a part of a secret key from a map is not logged
--- http_config
map $uri $part {
    default PermanentSecretKey/With;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key $part+Signs00000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- no_error_log
PermanentSecretKey

=== TEST 8: values from an argument and from a header of the request
--- config
location /f/ {
    s3_access_key $arg_key;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region $http_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt?key=AKIDPERMANENT0000001
--- more_headers
Region: eu-west-1
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 9: values of a regular expression
--- config
location ~ ^/f/(?<region>[^/]+)/(.*)$ {
    $TEST_NGINX_KEYS
    s3_region $region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/$2;
}
--- request
GET /f/eu-west-1/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 10: variables in an upstream block
--- http_config
map $uri $key {
    default ASIATEMPORARY0000001;
}
map $uri $secret {
    default TemporarySecretKey/With+Signs00000000001;
}
map $uri $token {
    default "TemporarySessionToken/With+Signs==";
}
map $uri $region {
    default eu-west-1;
}
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key $key;
    s3_secret_key $secret;
    s3_security_token $token;
    s3_region $region;
    s3_use_headers on;
}
--- config
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-headers$
--- no_error_log
TemporarySecretKey
TemporarySessionToken

=== TEST 11: variables at the http level
--- http_config
map $uri $key {
    default AKIDPERMANENT0000001;
}
map $uri $secret {
    default PermanentSecretKey/With+Signs00000000001;
}
s3_access_key $key;
s3_secret_key $secret;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v2-query$
--- no_error_log
PermanentSecretKey

=== TEST 12: variables in an if block with a proxy_pass of its own
--- config
location /films/ {
    set $region eu-west-1;
    $TEST_NGINX_KEYS
    if ($uri) {
        s3_region $region;
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    }
}
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 13: variables are evaluated for each request
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region $arg_r;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request eval
["GET /f/a?r=one", "GET /f/a?r=two"]
--- error_code eval
[200, 200]
--- upstream_request_like eval
[qr{^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/one/s3/}m,
 qr{^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/two/s3/}m]

=== TEST 14: a different secret for each access key
--- http_config
map $arg_a $key { p AKIDPERMANENT0000001; t ASIATEMPORARY0000001; }
map $key $secret {
    AKIDPERMANENT0000001 PermanentSecretKey/With+Signs00000000001;
    ASIATEMPORARY0000001 SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    s3_access_key $key;
    s3_secret_key $secret;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
["GET /f/hello.txt?a=p", "GET /f/hello.txt?a=t", "GET /f/hello.txt?a=p"]
--- error_code eval
[200, 403, 200]
--- no_error_log
PermanentSecretKey
SecretCanary

=== TEST 15: %directive% that evaluates to an empty value
--- cases
directive
s3_access_key
s3_secret_key
s3_region
--- http_config
map $uri $v {
    /other x;
}
--- config eval
"location /f/ {
    @{[::directives('%directive%', '$v')]}
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/;
}"
--- request
GET /f/hello.txt
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "%directive%" evaluated to an empty value
--- no_error_log
SecretCanary
TokenCanary
--- upstream_count: 0

=== TEST 16: s3_security_token that evaluates to an empty value: permanent and temporary keys in one location
--- http_config
map $arg_t $id     { 1 ASIATEMPORARY0000001; default AKIDPERMANENT0000001; }
map $arg_t $secret { 1 TemporarySecretKey/With+Signs00000000001; default PermanentSecretKey/With+Signs00000000001; }
map $arg_t $token  { 1 TemporarySessionToken/With+Signs==; }
--- config
location /f/ {
    s3_access_key $id;
    s3_secret_key $secret;
    s3_security_token $token;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
["GET /f/hello.txt", "GET /f/hello.txt?t=1"]
--- response_body eval
["hello from films\n", "hello from films\n"]

=== TEST 17: %directive% that evaluates to a value with %what%
--- cases
directive         | what                      | value
s3_access_key     | a space                   | Key X
s3_access_key     | a line feed               | Key\nX
s3_access_key     | a character outside ASCII | KeyéX
s3_secret_key     | a space                   | SecretCanary X
s3_secret_key     | a line feed               | SecretCanary\nX
s3_secret_key     | a character outside ASCII | SecretCanaryéX
s3_security_token | a space                   | TokenCanary X
s3_security_token | a line feed               | TokenCanary\nX
s3_security_token | a character outside ASCII | TokenCanaryéX
--- http_config
map $uri $v {
    default "%value%";
}
--- config eval
"location /f/ {
    @{[::directives('%directive%', '$v')]}
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/;
}"
--- request
GET /f/hello.txt
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "%directive%" evaluated to a value with a character that is not printable ASCII
--- no_error_log
SecretCanary
TokenCanary
--- upstream_count: 0

=== TEST 18: s3_region that evaluates to a value with %what%
--- cases
what                      | value
a space                   | eu west
a slash                   | eu/west
a line feed               | eu\nwest
a character outside ASCII | euéwest
a comma                   | eu,west
--- http_config
map $uri $v {
    default "%value%";
}
--- config eval
"location /f/ {
    @{[::directives('s3_region', '$v')]}
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/films/;
}"
--- request
GET /f/hello.txt
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_region" evaluated to a value with a character outside [A-Za-z0-9_-]
--- no_error_log
SecretCanary
TokenCanary
--- upstream_count: 0

=== TEST 19: the value of an argument is not decoded
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a?region=eu%2fwest
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_region" evaluated to a value with a character outside [A-Za-z0-9_-]
--- upstream_count: 0

=== TEST 20: an absent argument
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_region" evaluated to an empty value
--- upstream_count: 0

=== TEST 21: a header with a byte outside ASCII
--- config
location /f/ {
    s3_access_key $http_key;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/a
--- more_headers eval
"Key: a\xff"
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_access_key" evaluated to a value with a character that is not printable ASCII
--- upstream_count: 0

=== TEST 22: an empty region in an upstream block does not select Signature V2
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_region $arg_region;
}
--- config
location /f/ {
    proxy_pass http://s3;
}
--- request
GET /f/hello.txt
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_region" evaluated to an empty value
--- upstream_count: 0

=== TEST 23: empty credentials of a location do not select those of the enclosing block
--- http_config
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
--- config
location /f/ {
    s3_access_key $arg_k;
    s3_secret_key $arg_s;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/hello.txt
--- error_code: 500
--- error_log
request not signed and not sent: "s3_access_key" evaluated to an empty value
--- upstream_count: 0

=== TEST 24: a variable whose evaluation never ends
--- http_config
map $a $b { default $a; }
map $b $a { default $b; }
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
}
--- request
GET /f/hello.txt
--- error_code: 500
--- error_log
cycle while evaluating variable
request not signed and not sent: "s3_region"
--- upstream_count: 0

=== TEST 25: nginx logs at debug level after a value is evaluated
--- http_config
map $uri $secret {
    default PermanentSecretKey/With+Signs00000000001;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key $secret;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$
--- error_log
[debug]
http upstream process header
--- no_error_log
PermanentSecretKey

=== TEST 26: the log level is not raised to evaluate a secret
--- log_level: error
--- config
location /other { set $key x; }
location /f/ {
    s3_access_key $key;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/hello.txt
--- error_code: 500
--- error_log
"s3_access_key" evaluated to an empty value
--- no_error_log
[warn]

=== TEST 27: a secret key with a dollar sign
--- http_config
geo $dollar {
    default "$";
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key "SecretCanary/With${dollar}Signs";
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- upstream_response eval
use Digest::SHA qw(hmac_sha1_base64);
sub {
    my ($request) = @_;
    my ($date) = $request =~ /^x-amz-date: (.*?)\r?$/m;
    my $signature = hmac_sha1_base64(
        "GET\n\n\n\nx-amz-date:$date\n/f/a", 'SecretCanary/With$Signs');
    my $answer = $request =~ /^Authorization: AWS AKIDTEST00000000001:\Q$signature\E=/m
        ? 'right' : 'wrong';
    return "HTTP/1.1 200 OK\nContent-Length: 5\n\n$answer";
}
--- response_body chomp
right
--- no_error_log
SecretCanary

=== TEST 28: s3_access_key that evaluates to "off": not signed, and the other parts are not evaluated
--- http_config
map $arg_k $id { off off; default AKIDTEST00000000001; }
--- config
location /f/ {
    s3_access_key $id;
    s3_secret_key $arg_s;
    s3_region eu-west-1;
    add_header X-Signature "$s3_signature.";
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/a?k=off", "GET /f/a?s=secret0123456789"]
--- response_headers eval
["X-Signature: .", "X-Signature: v4-query."]
--- upstream_request_like eval
[qr{\AGET /f/a\?k=off HTTP/1\.1\nHost: h\z}, qr{\AGET /f/a\?X-Amz-Algorithm=}]
--- no_error_log
[error]

=== TEST 29: s3_access_key that evaluates to "off": s3_methods still applies
--- http_config
map $uri $id { default off; }
--- config
location /f/ {
    s3_access_key $id;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- upstream_count: 0
