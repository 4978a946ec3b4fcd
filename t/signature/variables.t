# $s3_signature and $s3_access_key_id: how a request was signed, for logs and
# headers.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: %kind% in the access log
--- cases
kind       | directives
v4-headers | s3_region eu-west-1; s3_use_headers on;
v4-query   | s3_region eu-west-1;
v2-headers | s3_use_headers on;
v2-query   |
--- http_config
log_format s3 '$uri [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    %directives%
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- access_log eval
qr{^/f/hello\.txt \[%kind%\] \[AKIDPERMANENT0000001\]$}
--- s3_log_like: 200 %kind%$

=== TEST 2: the kinds with a token, in response headers
--- config
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
s3_security_token TemporarySessionToken/With+Signs==;
add_header X-Signed "$s3_signature $s3_access_key_id";
location /v2-query/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v2-headers/ {
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v4-query/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v4-headers/ {
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
["GET /v2-query/hello.txt", "GET /v2-headers/hello.txt",
 "GET /v4-query/hello.txt", "GET /v4-headers/hello.txt"]
--- error_code eval
[200, 200, 200, 200]
--- response_headers eval
["X-Signed: v2-query ASIATEMPORARY0000001",
 "X-Signed: v2-headers ASIATEMPORARY0000001",
 "X-Signed: v4-query ASIATEMPORARY0000001",
 "X-Signed: v4-headers ASIATEMPORARY0000001"]

=== TEST 3: both are empty for a request that is not signed
--- http_config
log_format s3 '$uri [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    add_header X-Signature $s3_signature;
    add_header X-Key $s3_access_key_id;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- response_headers
! X-Signature
! X-Key
--- access_log eval
qr{^/f/a \[-\] \[-\]$}

=== TEST 4: both are empty with s3_access_key off
--- http_config
log_format s3 '$uri [$s3_signature] [$s3_access_key_id]';
$TEST_NGINX_KEYS
--- config
access_log logs/access.log s3;
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- access_log eval
qr{^/f/a \[-\] \[-\]$}

=== TEST 5: both are empty where nginx itself responds
--- http_config
log_format s3 '$uri [$s3_signature] [$s3_access_key_id]';
$TEST_NGINX_KEYS
--- config
access_log logs/access.log s3;
location /f/ { return 200 "[$s3_signature] [$s3_access_key_id]\n"; }
--- request
GET /f/a
--- response_body
[] []
--- access_log eval
qr{^/f/a \[-\] \[-\]$}

=== TEST 6: both are empty on a cache hit
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
    proxy_cache s3;
    proxy_cache_valid 1m;
    add_header X-Log "$upstream_cache_status [$s3_signature] [$s3_access_key_id]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
["GET /f/hello.txt", "GET /f/hello.txt"]
--- response_body eval
["hello from films\n", "hello from films\n"]
--- response_headers eval
["X-Log: MISS [v4-query] [AKIDPERMANENT0000001]", "X-Log: HIT [] []"]

=== TEST 7: both are empty for a method that is refused
--- http_config
log_format s3 '$status [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- access_log eval
qr{^405 \[-\] \[-\]$}

=== TEST 8: both are empty for a request that is refused with 500
--- http_config
log_format s3 '$status [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- access_log eval
qr{^500 \[-\] \[-\]$}

=== TEST 9: both are set for a signed request whose upstream cannot be reached
--- http_config
log_format s3 '$status [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
GET /f/a
--- error_code: 502
--- access_log eval
qr{^502 \[v2-query\] \[AKIDTEST00000000001\]$}

=== TEST 10: both are set for a signed request that S3 refuses
--- http_config
log_format s3 '$status [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    s3_access_key AKIDUNKNOWN000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- error_code: 403
--- access_log eval
qr{^403 \[v2-query\] \[AKIDUNKNOWN000000001\]$}

=== TEST 11: the access key id of variables
--- config
location /f/ {
    s3_access_key $arg_key;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    add_header X-Key $s3_access_key_id;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/a?key=AKIDTEST00000000001", "GET /f/a?key=AKIDTEST00000000002"]
--- error_code eval
[200, 200]
--- response_headers eval
["X-Key: AKIDTEST00000000001", "X-Key: AKIDTEST00000000002"]

=== TEST 12: both are empty before the request is signed, and set after
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    set $before "[$s3_signature] [$s3_access_key_id]";
    proxy_set_header X-Sent "$s3_signature";
    proxy_set_header Host h;
    add_header X-Before $before;
    add_header X-After "[$s3_signature] [$s3_access_key_id]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
GET /f/a
--- response_headers
X-Before: [] []
X-After: [v2-query] [AKIDTEST00000000001]
--- upstream_request_like
\AGET /f/a\?AWSAccessKeyId=AKIDTEST00000000001&Expires=\d{10}&Signature=\S+ HTTP/1\.1
Host: h\z

=== TEST 13: a condition of the access log
--- http_config
log_format s3 '$uri $s3_signature';
--- config
access_log logs/access.log s3 if=$s3_signature;
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /plain/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- pipelined_requests eval
["GET /plain/a", "GET /f/a"]
--- error_code eval
[200, 200]
--- access_log eval
qr{^/f/a v2-query$}
--- no_access_log
/plain/

=== TEST 14: a map of the signature
--- http_config
map $s3_signature $version { ~^v2 2; ~^v4 4; default none; }
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    add_header X-Version $version;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- response_headers
X-Version: 4

=== TEST 15: after error_page redirects to a location that signs, they are those of the second request
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_intercept_errors on;
    error_page 404 = @music;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location @music {
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_region eu-west-1;
    rewrite ^/f/no-(.*) /music/$1 break;
    add_header X-Log "[$s3_signature] [$s3_access_key_id]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /f/no-hello.txt
--- response_headers
X-Log: [v4-query] [ASIATEMPORARY0000001]
--- response_body
hello from music

=== TEST 16: after error_page redirects to a location that does not sign, they are empty
--- http_config
log_format s3 '$status $uri [$s3_signature] [$s3_access_key_id]';
--- config
access_log logs/access.log s3;
location /f/ {
    $TEST_NGINX_KEYS
    proxy_intercept_errors on;
    error_page 404 /sorry;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location = /sorry { return 404 "sorry\n"; }
--- request
GET /f/none.txt
--- error_code: 404
--- response_body
sorry
--- access_log eval
qr{^404 /sorry \[-\] \[-\]$}
--- s3_log_like: ^connection=\d+ GET /films/none\.txt\?AWSAccessKeyId=\S+ 404 v2-query$

=== TEST 17: a retry at the next server has one signature
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
    add_header X-Log "[$s3_signature] [$s3_access_key_id]";
    proxy_set_header Host s3.test;
    proxy_pass http://s3/films/;
}
--- request eval
["GET /f/hello.txt", "GET /f/hello.txt"]
--- response_body eval
["hello from films\n", "hello from films\n"]
--- response_headers eval
["X-Log: [v4-query] [AKIDPERMANENT0000001]",
 "X-Log: [v4-query] [AKIDPERMANENT0000001]"]

=== TEST 18: a request in slices
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    slice 100k;
    proxy_set_header Range $slice_range;
    add_header X-Log "[$s3_signature] [$s3_access_key_id]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/big.txt
--- response_headers
X-Log: [v4-headers] [AKIDPERMANENT0000001]
Content-Length: 204800
--- s3_log_like: 206 v4-headers$
--- s3_log_unlike: anonymous

=== TEST 19: the secret key is in no variable
--- config
location /f/ { return 200 $s3_secret_key; }
--- must_die
--- error_log
unknown "s3_secret_key" variable

=== TEST 20: the token is in no variable
--- config
location /f/ { return 200 $s3_security_token; }
--- must_die
--- error_log
unknown "s3_security_token" variable

=== TEST 21: the variables cannot be set
--- config
set $s3_signature v4;
--- must_die
--- error_log
the duplicate "s3_signature" variable
