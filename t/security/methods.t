# The methods that may be signed: s3_methods, for the client's method and for the
# method on the wire.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: GET is signed by default
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 2: HEAD is signed by default
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
HEAD /f/a
--- upstream_request_like
\AHEAD /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 3: POST is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
POST /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 4: PUT is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
PUT /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 5: DELETE is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 6: PATCH is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
PATCH /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 7: OPTIONS is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
OPTIONS /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 8: PROPFIND is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
PROPFIND /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 9: LOCK is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
LOCK /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 10: MKCOL is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
MKCOL /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 11: COPY is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
COPY /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 12: a method that nginx does not know is not signed by default
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- request
FETCH /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 13: the answer to another method is nginx's own page
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
POST /f/a
body
--- error_code: 405
--- response_headers
Content-Type: text/html
Allow: GET, HEAD
--- response_body_like eval
my $name = NginxTest::Nginx::name();
my $status = $name =~ /^freenginx/ ? '405 Method Not Allowed' : '405 Not Allowed';
qr{\A<html>\r\n<head><title>$status</title></head>\r\n.*<hr><center>\Q$name\E</center>}s
--- upstream_count: 0

=== TEST 14: a refused method is one line of the error log
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- grep_error_log eval
qr{\[error\] .*}
--- grep_error_log_out eval
qr{\A\[error\] \d+#\d+: \*\d+ request not signed and not sent: "s3_methods" does not allow method "DELETE", client: 127\.0\.0\.1, server: localhost, request: "DELETE /f/a HTTP/1\.1", host: "localhost"\n\z}
--- upstream_count: 0

=== TEST 15: a HEAD request that is refused has an Allow header and no body
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods PUT;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
HEAD /f/a
--- error_code: 405
--- response_headers
Allow: PUT
--- upstream_count: 0

=== TEST 16: s3_methods GET allows HEAD too
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
HEAD /f/a
--- upstream_request_like
\AHEAD /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 17: s3_methods GET alone tells HEAD in the Allow header
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
PUT /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 18: s3_methods HEAD does not allow GET
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods HEAD;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 405
--- response_headers
Allow: HEAD
--- upstream_count: 0

=== TEST 19: s3_methods HEAD allows HEAD
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods HEAD;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
HEAD /f/a
--- upstream_request_like
\AHEAD /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 20: s3_methods HEAD GET is as GET HEAD
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods HEAD GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
PUT /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 21: s3_methods PUT DELETE allows PUT
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods PUT DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
PUT /f/a
text
--- upstream_request_like
\APUT /f/a HTTP/1\.1
Host: h
Content-Length: 4
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=

text\z

=== TEST 22: s3_methods PUT DELETE allows DELETE
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods PUT DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 23: s3_methods PUT DELETE does not allow GET
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods PUT DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 405
--- response_headers
Allow: PUT, DELETE
--- upstream_count: 0

=== TEST 24: s3_methods PUT DELETE does not allow HEAD
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods PUT DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
HEAD /f/a
--- error_code: 405
--- response_headers
Allow: PUT, DELETE
--- upstream_count: 0

=== TEST 25: s3_methods OPTIONS
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods OPTIONS;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
OPTIONS /f/a
--- upstream_request_like
\AOPTIONS /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 26: s3_methods POST
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods POST;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
POST /f/a
text
--- upstream_request_like
\APOST /f/a HTTP/1\.1
Host: h
Content-Length: 4
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=

text\z

=== TEST 27: the Allow header has the methods in a fixed order
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods OPTIONS DELETE POST PUT GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
PATCH /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD, PUT, POST, DELETE, OPTIONS
--- upstream_count: 0

=== TEST 28: s3_methods any
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods any;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
PATCH /f/a
text
--- upstream_request_like
\APATCH /f/a HTTP/1\.1
Host: h
Content-Length: 4
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=

text\z

=== TEST 29: s3_methods any allows methods that nginx does not know
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods any;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
FETCH /f/a
--- upstream_request_like
\AFETCH /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 30: a method is compared in capital letters
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- raw_request eval
"get /f/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- upstream_count: 0

=== TEST 31: what PUT wrote GET reads: the server takes both signatures
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region us-east-1;
    s3_use_headers on;
    s3_methods GET PUT DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
["PUT /f/new.txt\nnew text", "GET /f/new.txt", "DELETE /f/new.txt",
 "GET /f/new.txt"]
--- error_code eval
[200, 200, 204, 404]
--- response_body eval
["", "new text", "", qr/NoSuchKey/]

=== TEST 32: s3_methods at http level
--- http_config
s3_methods DELETE;
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 33: s3_methods in a server
--- http_config
s3_methods PUT;
--- config
s3_methods DELETE;
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 34: s3_methods in the location around
--- config
s3_methods PUT;
location /f/ {
    s3_methods DELETE;
    location /f/a {
        s3_access_key AKIDTEST00000000001;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        s3_use_headers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host h;
    }
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 35: s3_methods in an if block
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_set_header Host h;
    if ($request_method = DELETE) {
        s3_methods DELETE;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 36: s3_methods with keys in an upstream block
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
}
--- config
location /f/ {
    s3_methods DELETE;
    proxy_pass http://s3;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 37: keys in an upstream block: another method is refused with 405
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_use_headers on;
}
--- config
location /f/ {
    proxy_pass http://s3;
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 38: keys at http level: another method is refused with 405
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 39: a location without credentials takes any method
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request
DELETE /f/a HTTP/1.1
Host: h

=== TEST 40: a location with s3_access_key off takes any method
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request
DELETE /f/a HTTP/1.1
Host: h

=== TEST 41: a location whose upstream has s3_access_key off takes any method
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
--- config
location /f/ {
    proxy_pass http://s3;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request
DELETE /f/a HTTP/1.1
Host: h

=== TEST 42: keys at http level do not touch locations that do not proxy
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ { return 200 "$request_method\n"; }
--- request
DELETE /f/a
--- response_body
DELETE

=== TEST 43: keys in a location do not touch a fastcgi_pass in it
--- config
location /f/ {
    $TEST_NGINX_KEYS
    fastcgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
DELETE /f/a
--- error_code: 502
--- error_log
Connection refused

=== TEST 44: keys in a location do not touch a fastcgi_pass with variables in a location below
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /f/a {
        set $backend 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
        fastcgi_pass $backend;
    }
}
--- request
DELETE /f/a
--- error_code: 502
--- error_log
Connection refused

=== TEST 45: keys at http level do not touch a fastcgi_pass with variables
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    set $backend 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    fastcgi_pass $backend;
}
--- request
DELETE /f/a
--- error_code: 502
--- error_log
Connection refused

=== TEST 46: variables choose an upstream with keys: another method is refused when the request is about to be sent
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_use_headers on;
}
--- config
location /f/ {
    set $up s3;
    proxy_pass http://$up;
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_methods" does not allow method "DELETE"
--- upstream_count: 0

=== TEST 47: variables choose an upstream with keys: a method that is allowed is signed
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
}
--- config
location /f/ {
    s3_methods DELETE;
    set $up s3;
    proxy_pass http://$up;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like
\ADELETE /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 48: variables choose an upstream without keys: any method is passed on
--- http_config
upstream other {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_use_headers on;
}
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    set $up s3;
    proxy_pass http://$up;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request
DELETE /f/a HTTP/1.1
Host: h

=== TEST 49: variables choose an upstream that switches the keys of http off: any method is passed on
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
--- config
location /f/ {
    set $up s3;
    proxy_pass http://$up;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request
DELETE /f/a HTTP/1.1
Host: h

=== TEST 50: keys in a location with a proxy_pass with variables: another method is refused with 405
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    set $up s3;
    proxy_pass http://$up;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 51: proxy_method: the method on the wire must be allowed
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_method DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- grep_error_log eval
qr{request not signed and not sent: [^,]*}
--- grep_error_log_out
request not signed and not sent: "s3_methods" does not allow method "DELETE"
--- upstream_count: 0

=== TEST 52: proxy_method: the method of the client must be allowed
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_method GET;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
POST /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 53: proxy_method: the method on the wire is signed
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_method GET;
    s3_methods GET POST;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
--- request
POST /f/hello.txt
body
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 54: proxy_method in small letters is refused
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_method delete;
    s3_methods GET DELETE;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 500
--- error_log
request not signed and not sent: "s3_methods" does not allow method "delete"
--- upstream_count: 0

=== TEST 55: proxy_cache turns HEAD into GET, which must be allowed as well
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods HEAD;
    proxy_cache s3;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
HEAD /f/a
--- error_code: 500
--- error_log
request not signed and not sent: "s3_methods" does not allow method "GET"
--- upstream_count: 0

=== TEST 56: with proxy_cache_convert_head off HEAD stays HEAD
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods HEAD;
    proxy_cache s3;
    proxy_cache_convert_head off;
    proxy_cache_key $request_method$uri;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
HEAD /f/a
--- upstream_request_like
\AHEAD /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 57: the method of a mirrored request must be allowed, and the request itself does not suffer
--- config
location /f/ {
    mirror /mirror;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
location = /mirror {
    internal;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
POST /f/a
body
--- response_body
upstream ok
--- error_log
request not signed and not sent: "s3_methods" does not allow method "POST"
--- upstream_request
POST /f/a HTTP/1.1
Host: h
Content-Length: 4

body

=== TEST 58: error_page 405 may lead to a location that allows the method
--- config
location /f/ {
    error_page 405 = @write;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location @write {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    s3_methods PUT;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
PUT /f/a
text
--- upstream_request_like
\APUT /f/a HTTP/1\.1
Host: h
Content-Length: 4
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=

text\z

=== TEST 59: satisfy any: a request without a password stays outside
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 401
--- upstream_count: 0

=== TEST 60: satisfy any without deny: a request without a password stays outside
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 401
--- upstream_count: 0

=== TEST 61: satisfy any: a request with a password is signed, and its Authorization is not passed on
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request
GET /f/a
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 62: satisfy any: a request from an address that is allowed is signed
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 63: satisfy any: a password does not open a location to another method
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 64: satisfy all: a password does not open a location to another method
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy all;
    allow 127.0.0.1;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host h;
}
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 65: satisfy any: another method without a password is refused
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy any;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 401
--- upstream_count: 0

=== TEST 66: satisfy all: a request without a password stays outside
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy all;
    allow 127.0.0.1;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /f/a
--- error_code: 401
--- upstream_count: 0

=== TEST 67: satisfy all: a request with a password is signed
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy all;
    allow 127.0.0.1;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request
GET /f/a
--- upstream_request_like
\AGET /f/a HTTP/1\.1
Host: h
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:[A-Za-z0-9+/]{27}=\z

=== TEST 68: satisfy all: an address that is denied stays outside
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    satisfy all;
    deny all;
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request
GET /f/a
--- error_code: 403
--- upstream_count: 0

=== TEST 69: keys of the server, a proxy_pass with variables and no keys in any upstream: 405
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
$TEST_NGINX_KEYS
location /f/ {
    set $up s3;
    proxy_pass http://$up;
}
--- request
DELETE /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 70: the same where an upstream has keys of its own: only the stamp can know
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
upstream other {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
--- config
$TEST_NGINX_KEYS
location /f/ {
    set $up s3;
    proxy_pass http://$up;
}
--- request
DELETE /f/a
--- error_code: 500
--- error_log: request not signed and not sent: "s3_methods" does not allow method "DELETE"
--- upstream_count: 0
