# Requests that are refused: the response, the log, and that nothing else fails.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: a refusal is one line of the error log, with nginx's context
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- grep_error_log eval
qr{\[(?:warn|error|crit|alert|emerg)\] .*$}
--- grep_error_log_out eval
qr{\A\[error\] \d+\#\d+: \*\d+ request not signed and not sent: "s3_region" evaluated to an empty value, client: 127\.0\.0\.1, server: localhost, request: "GET /f/a HTTP/1\.1", host: "localhost"\n\z}
--- upstream_count: 0
--- upstream_connections: 0

=== TEST 2: the client sees nginx's own page
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- response_headers
Content-Type: text/html
--- response_body eval
"<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body>\r\n"
. "<center><h1>500 Internal Server Error</h1></center>\r\n<hr><center>"
. NginxTest::Nginx::name() . "</center>\r\n</body>\r\n</html>\r\n"

=== TEST 3: error_page 500 of the operator
--- config
error_page 500 /sorry;
location = /sorry { return 503 "try later\n"; }
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- response_body
try later
--- upstream_count: 0

=== TEST 4: error_page 500 with another status, without proxy_intercept_errors
--- config
location /f/ {
    error_page 500 =404 /none.html;
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /none.html { root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> none.html
none
--- request
GET /f/a
--- error_code: 404
--- response_body
none

=== TEST 5: error_page 500 can redirect to another upstream
--- config
location /f/ {
    error_page 500 = @other;
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location @other {
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
GET /f/a
--- response_body
upstream ok
--- upstream_request
GET /f/a HTTP/1.1
Host: h

=== TEST 6: error_page 500 can redirect to a location that signs
--- config
location /f/ {
    error_page 500 = @other;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location @other {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    rewrite ^/f/(.*) /films/$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- upstream_count: 0

=== TEST 7: error_page 405 of the operator keeps the Allow header
--- config
error_page 405 /sorry;
location = /sorry { return 200 "only GET and HEAD\n"; }
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- response_body
only GET and HEAD
--- upstream_count: 0

=== TEST 8: a request with a body is refused and its body is read
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /plain/ { return 200 "plain\n"; }
--- pipelined_requests eval
["PUT /f/a\nsome text", "GET /plain/"]
--- error_code eval
[405, 200]
--- response_body eval
[qr/405 (?:Method )?Not Allowed/, "plain\n"]
--- upstream_count: 0

=== TEST 9: the client's connection is kept after a refused method
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_methods GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- pipelined_requests eval
["DELETE /f/hello.txt", "GET /f/hello.txt", "POST /f/hello.txt\nbody",
 "GET /f/hello.txt"]
--- error_code eval
[405, 200, 405, 200]
--- response_body eval
[qr/405 (?:Method )?Not Allowed/, "hello from films\n", qr/405 (?:Method )?Not Allowed/,
 "hello from films\n"]

=== TEST 10: a refused request does not change the pool of the upstream
--- http_config
upstream backend { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 2; }
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://backend;
}
--- request eval
["GET /f/1?region=r", "GET /f/2", "GET /f/3?region=r", "GET /f/4"]
--- error_code eval
[200, 500, 200, 500]
--- upstream_count: 2
--- upstream_connections: 1

=== TEST 11: a refusal does not count as a failure of the server
--- http_config
upstream backend {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=1 fail_timeout=60s;
    server 127.0.0.1:$TEST_NGINX_REFUSED_PORT backup;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://backend;
}
--- request eval
["GET /f/1", "GET /f/2", "GET /f/3?region=r"]
--- error_code eval
[500, 500, 200]
--- upstream_count: 1

=== TEST 12: a refusal is not put into the cache
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $http_region;
    proxy_cache s3;
    proxy_cache_valid any 1m;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/1", "GET /f/1", "GET /f/1", "GET /f/1"]
--- more_headers eval
["", "Region: r", "Region: r", ""]
--- error_code eval
[500, 200, 200, 200]
--- response_headers eval
["", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: HIT"]
--- response_body eval
[qr/500 Internal/, "upstream ok\n", "upstream ok\n", "upstream ok\n"]
--- upstream_count: 1

=== TEST 13: a refusal releases the lock of the cache
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $http_region;
    proxy_cache s3;
    proxy_cache_valid any 1m;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 60s;
    proxy_cache_lock_age 60s;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/1", "GET /f/1", "GET /f/1"]
--- more_headers eval
["", "", "Region: r"]
--- error_code eval
[500, 500, 200]
--- upstream_count: 1

=== TEST 14: a refusal keeps an entry of the cache that has to be updated
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $http_region;
    proxy_cache s3;
    proxy_cache_revalidate on;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/1", [{value => "GET /f/1", delay_before => 2.1}], "GET /f/1"]
--- more_headers eval
["Region: r", "", "Region: r"]
--- upstream_response eval
["HTTP/1.1 200 OK\nCache-Control: max-age=1\nETag: \"1\"\nContent-Length: 4\n\nbody",
 "HTTP/1.1 304 Not Modified\nETag: \"1\"\n\n"]
--- error_code eval
[200, 500, 200]
--- response_headers eval
["X-Cache: MISS", "", "X-Cache: REVALIDATED"]
--- response_body eval
["body", qr/500 Internal/, "body"]
--- upstream_count: 2

=== TEST 15: a method that is refused is not answered from the cache
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_cache s3;
    proxy_cache_valid any 1m;
    proxy_cache_methods GET HEAD POST;
    proxy_cache_key $uri;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /f/1", "POST /f/1", "GET /f/1"]
--- error_code eval
[200, 405, 200]
--- upstream_count: 1

=== TEST 16: a refused request that is buffered to disk leaves no file
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    s3_methods PUT;
    client_body_buffer_size 1k;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
"PUT /f/a\n" . 'x' x 20000
--- error_code: 500
--- error_log
a client request body is buffered to a temporary file
request not signed and not sent
--- upstream_count: 0

=== TEST 17: a refused request with an unbuffered body
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    s3_methods PUT;
    proxy_request_buffering off;
    proxy_http_version 1.1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
[["PUT /f/a\nabc", {value => 'def', delay_before => 0.05}]]
--- error_code: 500
--- upstream_count: 0

=== TEST 18: after a refusal in a subrequest the rest of the page is sent
--- config
location /page/ {
    ssi on;
    ssi_types *;
    root $TEST_NGINX_HTML_DIR;
}
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- user_files
>>> page/index.txt
before <!--# include virtual="/f/1" -->| <!--# include virtual="/f/2?region=r" -->after
--- request
GET /page/index.txt
--- response_body_like: \Abefore .*500 Internal Server Error.*\| upstream ok\nafter\n\z
--- upstream_count: 1

=== TEST 19: a refusal where variables choose a host that the resolver would have to find
--- config
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    set $host_name s3.test;
    proxy_pass http://$host_name:$TEST_NGINX_UPSTREAM_PORT;
}
--- dns: test
--- request eval
["GET /f/1", "GET /f/2?region=r"]
--- error_code eval
[500, 200]
--- upstream_count: 1

=== TEST 20: no Host header
In HTTP/1.1 nginx 1.31.4 and later always write one.
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_http_version 1.0;
    proxy_set_header Host "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
[error]
request not signed and not sent: the request has no "Host" header, client:
--- upstream_count: 0

=== TEST 21: two Host headers of proxy_set_header, before nginx 1.31.4
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_set_header Host one;
    proxy_set_header host two;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- skip_nginx: 3: >= 1.31.4
--- error_code: 500
--- error_log
request not signed and not sent: the request has more than one "Host" header, client:
--- upstream_count: 0

=== TEST 22: %what% in the value of a header
--- cases
what                                   | value
a line feed                            | a\nb
a line feed before another header line | a\nX-Bar: b
a carriage return                      | a\rb
--- config
location /f/ {
    $TEST_NGINX_KEYS
    set $broken "%value%";
    proxy_set_header X-Foo $broken;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent: the request has a malformed header line, client:
--- upstream_count: 0

=== TEST 23: a line feed from a map
--- http_config
map $uri $broken { default "a\nb"; }
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_set_header X-Foo $broken;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent: the request has a malformed header line, client:
--- upstream_count: 0

=== TEST 24: decoded ends of lines of the client in a header
--- config
location ~ "(?s)^/f/(?<name>.*)$" {
    $TEST_NGINX_KEYS
    proxy_set_header X-Name $name;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a%0Ab
--- error_code: 500
--- error_log
request not signed and not sent: the request has a malformed header line, client:
--- upstream_count: 0

=== TEST 25: a second request in a header
--- config
location ~ "(?s)^/f/(?<name>.*)$" {
    $TEST_NGINX_KEYS
    proxy_set_header Host h;
    proxy_set_header X-Name $name;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a%0D%0A%0D%0ADELETE%20/b%20HTTP/1.1%0D%0AHost:%20h
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_count: 0

=== TEST 26: %what% of the client, decoded, in the URI
--- cases
what                  | path
line ends             | a%0D%0AX-Evil:%201
a line feed           | a%0Ab
a second request line | a%20HTTP/1.1%0D%0AHost:%20h%0D%0A%0D%0ADELETE%20/b
--- config
location ~ "(?s)^/f/(.*)$" {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/$1;
}
--- request
GET /f/%path%
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_count: 0

=== TEST 27: decoded ends of lines in an argument stay encoded
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
GET /f/a%0D%0Ab?c=%0D%0Ad
--- upstream_request_like
\AGET /films/a%0D%0Ab\?c=%0D%0Ad HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:\S+\z

=== TEST 28: a target that does not begin with a slash
--- config
location /f/ {
    $TEST_NGINX_KEYS
    rewrite ^ films/a break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent: the request target does not begin with "/", client:
--- upstream_count: 0

=== TEST 29: a request that is refused in a signed location is proxied unchanged in another
--- config
location /f/ {
    set $broken "a\nb";
    proxy_set_header X-Foo $broken;
    proxy_set_header Host "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.0;
    proxy_set_header Connection "";
}
--- request
GET /f/a
--- upstream_request eval
"GET /f/a HTTP/1.0\nX-Foo: a\nb\n"

=== TEST 30: a body behind a head without a length, buffering %buffering%: it would be a second request
--- cases
buffering
on
off
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_http_version 1.1;
    proxy_request_buffering %buffering%;
    proxy_set_header Connection "";
    proxy_set_header Content-Length "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
DELETE /films/secret HTTP/1.1
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: the length of the body differs from that in the request head

=== TEST 31: a head with the length of a body that is not sent
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass_request_body off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
abcde
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: the length of the body differs from that in the request head

=== TEST 32: a request is sent without its body where the configuration removes body and length
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
}
--- request
GET /f/a
abcde
--- response_body
upstream ok
--- upstream_request_like: ^GET /f/a\?.*&X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1$

=== TEST 33: a body in a file
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_methods any;
    client_body_in_file_only clean;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
PUT /f/a
abcde
--- response_body
upstream ok
--- upstream_request_like: ^PUT /f/a\?.*\n\nabcde$

=== TEST 34: a head with the length of a body that is not sent, with bodies in files
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_methods any;
    client_body_in_file_only on;
    proxy_pass_request_body off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
PUT /f/a
0123456789
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: the length of the body differs from that in the request head

=== TEST 35: two Host headers of proxy_set_header: from nginx 1.31.4 on the last one is sent, and signed
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host one;
    proxy_set_header host two;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- skip_nginx: 2: < 1.31.4
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: two
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 36: a second Host header in the value of another header
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_set_header X-Foo "a\r\nHost: two";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent: the request has more than one "Host" header, client:
--- upstream_count: 0

=== TEST 37: an empty Host in HTTP/1.1, before nginx 1.31.4
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_http_version 1.1;
    proxy_set_header Host "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- skip_nginx: 3: >= 1.31.4
--- error_code: 500
--- error_log
request not signed and not sent: the request has no "Host" header, client:
--- upstream_count: 0

=== TEST 38: an empty Host in HTTP/1.1: from nginx 1.31.4 on the host of proxy_pass is sent, and signed
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- skip_nginx: 2: < 1.31.4
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: 127\.0\.0\.1:$TEST_NGINX_UPSTREAM_PORT
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 39: HTTP/2 to the upstream, which nginx has from 1.29.4 on
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_http_version 2;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- skip_nginx: 3: < 1.29.4
--- error_code: 500
--- upstream_count: 0
--- error_log
request not signed and not sent: the request is not in HTTP/1 format, use "proxy_http_version 1.1", client:
