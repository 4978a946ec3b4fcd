# Subrequests and internal redirects: each request is signed by the settings of
# the location that proxies it.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Permanent = <<'END';
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
END

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region us-east-1;
END

# Two buckets with keys of their own.
our $Buckets = <<'END';
upstream films {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region us-east-1;
}
upstream music {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_use_headers on;
}
END

our $V4Query = qr{\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDTEST00000000001%2F\d{8}%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=\d{8}T\d{6}Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=[0-9a-f]{64}};

no_root_location();
run_tests();

__DATA__

=== TEST 1: a page includes objects, each with its own kind of signature
--- http_config eval: $::Permanent
--- config
location = /page.html { ssi on; root html; }
location /1/ {
    s3_region us-east-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /2/ {
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /3/ {
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /4/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- user_files
>>> page.html
<!--#include virtual="/1/films/hello.txt" -->
<!--#include virtual="/2/films/a%20b.txt" -->
<!--#include virtual="/3/films/a+b.txt?versionId=v1" -->
<!--#include virtual="/4/music/100%25&=;,@:\$%23.txt" -->
end
--- request
GET /page.html
--- response_body
hello from films

a b.txt of films

a+b.txt of films

100%&=;,@:$#.txt of music

end
--- s3_log_like
GET /films/hello\.txt 200 v4-headers$
GET /films/a%20b\.txt\S+ 200 v4-query$
GET /films/a%2Bb\.txt\?versionId=v1 200 v2-headers$
GET /music/100%25\S+ 200 v2-query$

=== TEST 2: a signed page includes signed objects, over one connection
--- http_config eval
$::Keys . <<'END';
upstream s3 { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 1; }
END
--- config
location / {
    ssi on;
    ssi_types *;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://s3;
}
--- request
GET /page
--- upstream_response eval
my $page = '<!--#include virtual="/part" wait="yes"-->' x 2;
[map { "HTTP/1.1 200 OK\nContent-Length: " . length($_) . "\n\n$_" } $page, 'part']
--- response_body chop
partpart
--- upstream_request_like eval
[map { qr{\AGET /$_$::V4Query HTTP/1\.1\nHost: s3$}m } qw(page part part)]
--- upstream_connections: 1

=== TEST 3: a location of an include that is not allowed the method
--- http_config eval: $::Keys
--- config
location = /page.html {
    ssi on;
    ssi_types *;
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location / {
    s3_methods PUT;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /page.html
--- upstream_response
HTTP/1.1 200 OK
Content-Type: text/html

before <!--#include virtual="/a" --> after
--- response_body_like: ^before (?!upstream).* after$
--- error_log
request not signed and not sent: "s3_methods" does not allow method "GET"
--- upstream_count: 1

=== TEST 4: a mirrored request is signed, the request itself is not
--- http_config eval: $::Permanent
--- config
location / {
    mirror /copy;
    proxy_set_header Host h;
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location = /copy {
    internal;
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT$request_uri;
}
--- request
GET /films/a%2Bb.txt?versionId=v1
--- response_body
upstream ok
--- upstream_request
GET /films/a%2Bb.txt?versionId=v1 HTTP/1.1
Host: h
--- s3_log_like: GET /films/a%2Bb\.txt\?\S+&versionId=v1&X-Amz-Signature=\S+ 200 v4-query$

=== TEST 5: a mirrored PUT has its body
--- http_config eval: $::Permanent
--- config
location / {
    mirror /copy;
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /copy {
    internal;
    s3_methods PUT;
    s3_region us-east-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT$request_uri;
}
location /read/ {
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval: ["PUT /films/copy\nbody of the copy", 'GET /read/films/copy']
--- error_code eval: [200, 200]
--- response_body eval: ["upstream ok\n", 'body of the copy']
--- upstream_request_like: \APUT .*^body of the copy\z
--- s3_log_like: PUT /films/copy 200 v4-headers$

=== TEST 6: a mirrored POST is refused, the request itself is sent
--- http_config eval: $::Keys
--- config
location / {
    mirror /copy;
    s3_access_key off;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location = /copy {
    internal;
    proxy_pass http://unix:$TEST_NGINX_UPSTREAM_SOCKET:$request_uri;
}
--- request
POST /a
body
--- response_body
upstream ok
--- error_log
request not signed and not sent: "s3_methods" does not allow method "POST"
--- upstream_request
POST /a HTTP/1.1
Host: h
Content-Length: 4

body
--- upstream_connections: 1

=== TEST 7: auth_request: the subrequest is not signed, the request is
--- config
location /films/ {
    auth_request /may;
    $TEST_NGINX_KEYS
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
location = /may {
    internal;
    proxy_set_header Host h;
    proxy_set_header X-Cookie $http_x_cookie;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request eval: ['GET /films/hello.txt', 'GET /films/hello.txt']
--- more_headers eval: ['X-Cookie: yes', 'X-Cookie: no']
--- upstream_response eval
sub {
    my $code = $_[0] =~ /yes/ ? '204 No Content' : '403 Forbidden';
    return "HTTP/1.1 $code\nContent-Length: 0\n\n";
}
--- error_code eval: [200, 403]
--- response_body eval: ["hello from films\n", qr/403 Forbidden/]
--- upstream_request eval
[map { "GET /may HTTP/1.1\nHost: h\nX-Cookie: $_" } qw(yes no)]
--- s3_log_like: GET /films/hello\.txt\S+ 200 v4-query$
--- s3_log_unlike: \s403\s

=== TEST 8: auth_request: the subrequest is signed, the request is not
--- config
location / {
    auth_request /may;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location = /may {
    internal;
    $TEST_NGINX_KEYS
    s3_use_headers on;
    s3_region us-east-1;
    proxy_method HEAD;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/$http_x_user.txt;
}
--- request eval: ["POST /a\nbody", 'GET /a']
--- more_headers eval: ['X-User: hello', 'X-User: nobody']
--- error_code eval: [200, 500]
--- upstream_request
POST /a HTTP/1.1
Host: h
Content-Length: 4
X-User: hello

body
--- s3_log_like
HEAD /films/hello\.txt 200 v4-headers$
HEAD /films/nobody\.txt 404 v4-headers$

=== TEST 9: X-Accel-Redirect of an application to a bucket
--- http_config eval: $::Buckets
--- config
location / {
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location /s3/ {
    internal;
    proxy_pass http://films/films/;
    proxy_set_header Host s3.us-east-1.amazonaws.com;
}
--- request eval
['GET /download/1', "POST /download/1\nbody", 'HEAD /download/1',
 'GET /s3/hello.txt']
--- upstream_response
HTTP/1.1 200 OK
X-Accel-Redirect: /s3/a%2Bb.txt?versionId=v1
Content-Length: 0
--- error_code eval: [200, 200, 200, 404]
--- response_body eval: [("a+b.txt of films\n") x 2, '', qr/404 Not Found/]
--- upstream_request eval
["GET /download/1 HTTP/1.1\nHost: h",
 "POST /download/1 HTTP/1.1\nHost: h\nContent-Length: 4\n\nbody",
 "HEAD /download/1 HTTP/1.1\nHost: h"]
--- s3_log_like
GET /films/a%2Bb\.txt\S+ 200 v4-query$
HEAD /films/a%2Bb\.txt\S+ 200 v4-query$
--- s3_log_unlike: hello

=== TEST 10: from one bucket to another, each with its own keys
--- http_config eval: $::Buckets
--- config
proxy_set_header Host s3.us-east-1.amazonaws.com;
location / {
    proxy_intercept_errors on;
    error_page 404 = @films;
    proxy_pass http://music/music$request_uri;
}
location @films { proxy_pass http://films/films$request_uri; }
add_header X-Signature "$s3_signature $s3_access_key_id" always;
--- request eval: ['GET /hello.txt', 'HEAD /big.txt', 'GET /none']
--- error_code eval: [200, 200, 404]
--- response_headers eval
['X-Signature: v2-headers ASIATEMPORARY0000001',
 "X-Signature: v4-query AKIDPERMANENT0000001\nContent-Length: 204800",
 "X-Signature: v4-query AKIDPERMANENT0000001"]
--- response_body eval: ["hello from music\n", '', qr/<Code>NoSuchKey/]
--- s3_log_like
GET /music/hello\.txt 200 v2-headers$
HEAD /music/big\.txt 404 v2-headers$
HEAD /films/big\.txt\S+ 200 v4-query$

=== TEST 11: from a bucket to a server that is not a bucket
--- http_config eval: $::Keys
--- config
location / {
    s3_use_headers on;
    proxy_set_header Host h;
    proxy_intercept_errors on;
    error_page 404 = @app;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location @app {
    s3_access_key off;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Signature "[$s3_signature]";
}
--- request
GET /a+b?c=d&X-Amz-Date=1
--- upstream_response eval
["HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", undef]
--- response_headers
X-Signature: []
--- upstream_request eval
[undef, "GET /a+b?c=d&X-Amz-Date=1 HTTP/1.1\nHost: h"]
--- upstream_request_like eval
[qr{\AGET /a%2Bb\?c=d HTTP/1\.1\n.*^Authorization: AWS4-HMAC-SHA256 }ms, qr/^GET/]

=== TEST 12: from a server that is not a bucket to a bucket
--- http_config eval: $::Buckets
--- config
location / {
    proxy_set_header Host h;
    proxy_intercept_errors on;
    error_page 404 = @films;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
location @films {
    proxy_set_header Host s3.us-east-1.amazonaws.com;
    proxy_pass http://films;
}
--- request
GET /films/a//b.txt?versionId=v1
--- upstream_response
HTTP/1.1 404 Not Found
Content-Length: 0
--- response_body
a//b.txt of films
--- upstream_request
GET /films/a//b.txt?versionId=v1 HTTP/1.1
Host: h

=== TEST 13: the same object for every error
--- http_config eval: $::Buckets
--- config
proxy_set_header Host s3.us-east-1.amazonaws.com;
proxy_intercept_errors on;
error_page 404 /films/hello.txt;
location /films/ { proxy_pass http://films; }
location /music/ { proxy_pass http://music; }
--- request eval: ['GET /films/none', 'GET /music/none']
--- error_code eval: [404, 404]
--- response_body eval: [("hello from films\n") x 2]
--- s3_log_like
GET /films/none\S* 404 v4-query$
GET /music/none\S* 404 v2-headers$
GET /films/hello\.txt\S* 200 v4-query$

=== TEST 14: error_page 405 proxies a method that is not allowed to another server
--- http_config eval: $::Keys
--- config
location / {
    error_page 405 = @app;
    proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location @app {
    s3_access_key off;
    proxy_set_header Host h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request
POST /a
body
--- response_body
upstream ok
--- upstream_request
POST /a HTTP/1.1
Host: h
Content-Length: 4

body

=== TEST 15: a request that cannot be signed is not sent by its error page
--- config
location / {
    $TEST_NGINX_KEYS
    s3_region $http_x_region;
    error_page 500 /error.html;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /a
--- error_code: 500
--- error_log
request not signed and not sent: "s3_region" evaluated to an empty value
--- upstream_connections: 0

=== TEST 16: files first, then a bucket
--- http_config eval: $::Buckets
--- config
location / {
    root html;
    try_files $uri @s3;
}
location @s3 {
    proxy_set_header Host films.s3.us-east-1.amazonaws.com;
    proxy_pass http://films;
}
--- user_files
>>> hello.txt
from a file
--- request eval: ['GET /hello.txt', 'GET /a%20b.txt', 'GET /%C3%A9日本.txt']
--- error_code eval: [200, 200, 200]
--- response_body eval
["from a file\n", "a b.txt of films\n", "é日本.txt of films\n"]

=== TEST 17: an internal location
--- http_config eval: $::Buckets
--- config
location /public/ { rewrite ^/public/(.*) /private/$1 last; }
location /private/ {
    internal;
    proxy_set_header Host films.s3.us-east-1.amazonaws.com;
    proxy_pass http://films/;
}
--- request eval: ['GET /private/hello.txt', 'GET /public/a%20b.txt?versionId=v1']
--- error_code eval: [404, 200]
--- response_body eval: [qr/404 Not Found/, "a b.txt of films\n"]
--- s3_log_unlike: hello

=== TEST 18: a page of an object that includes one of another bucket
--- http_config eval: $::Buckets
--- config
proxy_set_header Host s3.us-east-1.amazonaws.com;
location /films/ {
    ssi on;
    ssi_types *;
    s3_methods PUT GET;
    proxy_pass http://films;
}
location /music/ { proxy_pass http://music; }
--- request eval
["PUT /films/page\n<!--#include virtual=\"/music/hello.txt\" -->",
 'GET /films/page']
--- error_code eval: [200, 200]
--- response_body eval: ['', "hello from music\n"]
--- s3_log_like
GET /music/hello\.txt 200 v2-headers$
