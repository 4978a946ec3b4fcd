# A location without keys sends the same bytes as an nginx without the module.
# The file is run twice: with the module and keys in other locations and upstream
# blocks, and, started by itself, with neither. The expectations are the same.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';
use Test::More import => [qw(is diag)];

my $IsPlain = defined $ENV{TEST_NGINX_UNSIGNED_KEYS};
$ENV{TEST_NGINX_UNSIGNED_KEYS} //= <<"END";
$ENV{TEST_NGINX_KEYS}
s3_region      us-east-1;
s3_use_headers on;
END

sub passes_without_module {
    local $ENV{TEST_NGINX_UNSIGNED_KEYS} = '';
    local $ENV{TEST_NGINX_LOAD_MODULES}  = '';
    my $output = `$^X $0 2>&1`;
    is($?, 0, 'the same is sent by nginx without the module')
        or diag($output);
    return;
}

no_root_location();
run_tests();
passes_without_module() unless $IsPlain;

__DATA__

=== TEST 1: with a signed location in the server
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location /signed {
    $TEST_NGINX_UNSIGNED_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a+b%2f//c/../%7e?z=%7e&a=+&X-Amz-Signature=1&Expires=2
--- more_headers
Authorization: Basic eDp5
X-Amz-Date: 20200101T000000Z
x-amz-security-token: t
--- upstream_request
GET /a+b%2f//c/../%7e?z=%7e&a=+&X-Amz-Signature=1&Expires=2 HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT
Authorization: Basic eDp5
X-Amz-Date: 20200101T000000Z
x-amz-security-token: t

=== TEST 2: with a nested signed location
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/x/;
    location /signed {
        $TEST_NGINX_UNSIGNED_KEYS
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
PUT /a%20(b)'+?q
body
--- upstream_request
PUT /x/a%20(b)'+?q HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT
Content-Length: 4

body

=== TEST 3: with an upstream block that has keys
--- http_config
upstream signed {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_UNSIGNED_KEYS
}
upstream plain { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://plain; }
location /signed { proxy_pass http://signed; }
--- request
DELETE /a?b=%41
--- more_headers
Authorization: AWS x:y
--- upstream_request
DELETE /a?b=%41 HTTP/1.1
Host: plain
Authorization: AWS x:y

=== TEST 4: variables, with an upstream block that has keys
--- http_config
upstream signed {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_UNSIGNED_KEYS
}
upstream plain { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- config
location ~ ^/(\w+)/(.*)$ {
    proxy_http_version 1.1;
    proxy_set_header   Connection "";
    proxy_set_body     "body of $1";
    proxy_pass         http://$1/$2;
}
--- request
POST /plain/a%20b
what the client sends
--- more_headers
Authorization: AWS x:y
--- upstream_request
POST /a b HTTP/1.1
Host: plain
Content-Length: 13
Authorization: AWS x:y

body of plain

=== TEST 5: an address in variables, with an upstream block that has keys
--- http_config
upstream signed {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_UNSIGNED_KEYS
}
--- config
location / {
    set              $address 127.0.0.1;
    proxy_http_version 1.1;
    proxy_set_header Host h;
    proxy_set_header Connection "";
    proxy_bind       $http_x_from;
    proxy_pass       http://$address:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /a?Signature=1
--- upstream_request
GET /a?Signature=1 HTTP/1.1
Host: h

=== TEST 6: an unbuffered chunked body, with a signed location in the server
--- config
proxy_request_buffering off;
proxy_http_version      1.1;
proxy_set_header        Host h;
proxy_set_header        Connection "";
location /signed {
    $TEST_NGINX_UNSIGNED_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request eval
[["PUT /a\n5\r\nhello\r\n", {value => "0\r\n\r\n", delay_before => 0.1}]]
--- more_headers
Transfer-Encoding: chunked
--- upstream_request eval
"PUT /a HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n"
. "5\r\nhello\r\n0\r\n\r\n"

=== TEST 7: without a Host, with a signed location in the server
--- config
proxy_http_version 1.0;
proxy_set_header   Host "";
proxy_set_header   Connection "";
location /signed {
    $TEST_NGINX_UNSIGNED_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a
--- upstream_request
GET /a HTTP/1.0

=== TEST 8: another server
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    $TEST_NGINX_UNSIGNED_KEYS
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
}
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a//b?%61
--- upstream_request
GET /a//b?%61 HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT

=== TEST 9: the second attempt at another server, with a signed location in the server
--- http_config
upstream plain {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    server unix:$TEST_NGINX_UPSTREAM_SOCKET;
}
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://plain; }
location /signed { $TEST_NGINX_UNSIGNED_KEYS proxy_pass http://plain; }
--- request
GET /a%2f
--- upstream_response eval
['reset', undef]
--- upstream_request eval
[("GET /a%2f HTTP/1.1\nHost: plain\n") x 2]

=== TEST 10: the default HTTP version and Connection header of nginx, with a signed location in the server
--- config
location /signed {
    $TEST_NGINX_UNSIGNED_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a
--- upstream_request eval
NginxTest::Nginx::keepalive_by_default()
    ? "GET /a HTTP/1.1\nHost: 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT\n"
    : "GET /a HTTP/1.0\nHost: 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT\nConnection: close\n"
