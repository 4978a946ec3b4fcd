# s3_methods: the methods that are signed. It applies to the method of the client
# and to the method that is sent.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our %Password = (yes => 'Authorization: Basic dXNlcjpzZWNyZXQ=', no => '');

# A request as it is sent with Signature V2 in headers.
sub signed {
    my ($method, $body) = @_;

    my ($length, $text) = length($body // '')
        ? ('Content-Length: ' . length($body) . "\n", "\n\n$body") : ('', '');
    return qr{\A$method /f/a HTTP/1\.1\nHost: h\n${length}x-amz-date: [^\n]+
\QAuthorization: AWS AKIDTEST00000000001:\E[A-Za-z0-9+/]{27}=$text\z};
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: %method% is signed by default
--- cases
method
GET
HEAD
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
%method% /f/a
--- upstream_request_like eval: ::signed('%method%')

=== TEST 2: %method% is refused by default
--- cases
method
POST
PUT
DELETE
PATCH
OPTIONS
PROPFIND
LOCK
MKCOL
COPY
FETCH
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
%method% /f/a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 3: the response to another method is nginx's own page
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

=== TEST 4: a refused method is one line of the error log
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

=== TEST 5: s3_methods %methods%: %method% is signed
--- cases
methods    | method  | body
GET        | HEAD    |
HEAD       | HEAD    |
PUT DELETE | PUT     | text
PUT DELETE | DELETE  |
OPTIONS    | OPTIONS |
POST       | POST    | text
any        | PATCH   | text
any        | FETCH   |
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    s3_methods %methods%;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
%method% /f/a
%body%
--- upstream_request_like eval: ::signed('%method%', '%body%')

=== TEST 6: s3_methods %methods%: %method% is refused
--- cases
methods                     | method | allow
GET                         | PUT    | GET, HEAD
HEAD                        | GET    | HEAD
HEAD GET                    | PUT    | GET, HEAD
PUT                         | HEAD   | PUT
PUT DELETE                  | GET    | PUT, DELETE
PUT DELETE                  | HEAD   | PUT, DELETE
OPTIONS DELETE POST PUT GET | PATCH  | GET, HEAD, PUT, POST, DELETE, OPTIONS
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_methods %methods%;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
%method% /f/a
--- error_code: 405
--- response_headers
Allow: %allow%
--- upstream_count: 0

=== TEST 7: methods are case-sensitive
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

=== TEST 8: GET reads what PUT wrote: the server accepts both signatures
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

=== TEST 9: s3_methods at http level
--- http_config
s3_methods DELETE;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 10: s3_methods in a server
--- http_config
s3_methods PUT;
--- config
s3_methods DELETE;
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
DELETE /f/a
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 11: s3_methods in the outer location
--- config
s3_methods PUT;
location /f/ {
    s3_methods DELETE;
    location /f/a {
        $TEST_NGINX_KEYS
        s3_use_headers on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host h;
    }
}
--- request
DELETE /f/a
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 12: s3_methods in an if block
--- config
location /f/ {
    $TEST_NGINX_KEYS
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
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 13: s3_methods with keys in an upstream block
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
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
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 14: keys in an upstream block: another method is refused with 405
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

=== TEST 15: keys at http level: another method is refused with 405
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

=== TEST 16: a location without credentials allows any method
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

=== TEST 17: a location with s3_access_key off allows any method
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

=== TEST 18: a location whose upstream has s3_access_key off allows any method
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

=== TEST 19: keys at http level have no effect in locations without proxy_pass
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ { return 200 "$request_method\n"; }
--- request
DELETE /f/a
--- response_body
DELETE

=== TEST 20: keys in a location have no effect on a fastcgi_pass in it
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

=== TEST 21: keys in a location have no effect on a fastcgi_pass with variables in a nested location
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

=== TEST 22: keys at http level have no effect on a fastcgi_pass with variables
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

=== TEST 23: variables choose an upstream with keys: another method is answered with 500
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

=== TEST 24: variables choose an upstream with keys: a method that is allowed is signed
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
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
--- upstream_request_like eval: ::signed('DELETE')

=== TEST 25: variables choose an upstream without keys: any method is proxied
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

=== TEST 26: variables choose an upstream with s3_access_key off: any method is proxied
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

=== TEST 27: keys in a location with a proxy_pass with variables: another method is refused with 405
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

=== TEST 28: proxy_method: the method that is sent must be allowed
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

=== TEST 29: proxy_method: the method of the client must be allowed
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

=== TEST 30: proxy_method: the method that is sent is signed
--- config
location /f/ {
    $TEST_NGINX_KEYS
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
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDTEST00000000001&\S+ 200 v2-query$

=== TEST 31: proxy_method in lower case is refused
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

=== TEST 32: proxy_cache converts HEAD to GET, which must be allowed
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

=== TEST 33: with proxy_cache_convert_head off HEAD stays HEAD
--- http_config
proxy_cache_path cache keys_zone=s3:1m;
--- config
location /f/ {
    $TEST_NGINX_KEYS
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
--- upstream_request_like eval: ::signed('HEAD')

=== TEST 34: the method of a mirrored request must be allowed, and the request itself is sent
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

=== TEST 35: error_page 405 can redirect to a location that allows the method
--- config
location /f/ {
    error_page 405 = @write;
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location @write {
    $TEST_NGINX_KEYS
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
--- upstream_request_like eval: ::signed('PUT', 'text')

=== TEST 36: auth_basic, %access% password %password%: the request is signed
--- cases
access                                  | password
satisfy any; deny all;                  | yes
satisfy any; allow 127.0.0.1; deny all; | no
satisfy all; allow 127.0.0.1;           | yes
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    %access%
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- more_headers eval: $::Password{'%password%'}
--- request
GET /f/a
--- upstream_request_like eval: ::signed('GET')

=== TEST 37: auth_basic, %access% password %password%: %method% is answered with %code%
--- cases
access                                  | password | method | code | header
satisfy any; deny all;                  | no       | GET    | 401  | ! Allow
satisfy any;                            | no       | GET    | 401  | ! Allow
satisfy any; deny all;                  | no       | DELETE | 401  | ! Allow
satisfy any; allow 127.0.0.1; deny all; | yes      | DELETE | 405  | Allow: GET, HEAD
satisfy all; allow 127.0.0.1;           | no       | GET    | 401  | ! Allow
satisfy all; deny all;                  | yes      | GET    | 403  | ! Allow
satisfy all; allow 127.0.0.1; deny all; | yes      | DELETE | 405  | Allow: GET, HEAD
--- user_files
>>> passwords
user:{PLAIN}secret
--- config
location /f/ {
    %access%
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
    $TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- more_headers eval: $::Password{'%password%'}
--- request
%method% /f/a
--- error_code: %code%
--- response_headers
%header%
--- upstream_count: 0

=== TEST 38: keys of the server, a proxy_pass with variables and no keys in any upstream: 405
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

=== TEST 39: keys of the server, a proxy_pass with variables and an upstream with credentials: 500
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
