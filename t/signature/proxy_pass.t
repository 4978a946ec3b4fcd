# The request is signed as it is sent: the target, the headers and the body are
# those that the proxy module has created.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

# A bucket of the S3 server, which verifies signatures: the content of an
# object is the proof that the right bytes were signed.
our $Films = <<'END';
upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    $TEST_NGINX_KEYS
    s3_region      us-east-1;
    s3_use_headers on;
}
END

# One that shows the bytes.
our $Recorded = <<'END';
upstream bucket {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_region      us-east-1;
    s3_use_headers on;
}
END

our $Empty =
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

# The whole of a request with Signature V4 in its headers.
sub v4 {
    my ($head, %option) = @_;

    my $signed  = $option{signed}  || 'host;x-amz-content-sha256;x-amz-date';
    my $payload = $option{payload} || $Empty;
    # As in upstream_request, without the ends of lines at the very end.
    my $body    = ($option{body} // '') =~ s/\n+\z//r;
    return qr{
        \A \Q$head\E
        x-amz-content-sha256:\x20$payload\n
        x-amz-date:\x20\d{8}T\d{6}Z\n
        Authorization:\x20AWS4-HMAC-SHA256
            \x20Credential=AKIDTEST00000000001/\d{8}/us-east-1/s3/aws4_request,
            \x20SignedHeaders=\Q$signed\E,
            \x20Signature=[0-9a-f]{64} \Q$body\E \z
    }x;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: without a URI, the client's path is sent
--- http_config eval: $::Films
--- config
location /deep/ { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /deep/er/nested/path.txt
--- response_body
deep/er/nested/path.txt of films
--- s3_log_like
GET /deep/er/nested/path.txt 200 v4-headers$

=== TEST 2: with a URI, the path that replaces the location's is sent
--- http_config eval: $::Films
--- config
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/deep/; }
--- request
GET /s3/er/nested/path.txt
--- response_body
deep/er/nested/path.txt of films
--- s3_log_like
GET /deep/er/nested/path.txt 200 v4-headers$

=== TEST 3: a URI can name the bucket in the path
--- config
location /s3/ {
    $TEST_NGINX_KEYS
    s3_region  us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/music/;
}
--- request
GET /s3/hello.txt
--- response_body
hello from music
--- s3_log_like
GET /music/hello.txt\S* 200 v4-query$

=== TEST 4: in a regular expression location
--- http_config eval: $::Films
--- config
location ~ \.txt$ { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 5: in a named location
--- http_config eval: $::Films
--- config
location / { try_files $uri @s3; }
location @s3 { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /a%20b.txt
--- response_body
a b.txt of films

=== TEST 6: after an internal redirect, the new path is sent
--- http_config eval: $::Films
--- config
location /old/ { error_page 404 = /s3/hello.txt; return 404; }
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request
GET /old/x
--- response_body
hello from films

=== TEST 7: in an if block
--- http_config eval: $::Films
--- config
location / {
    root $TEST_NGINX_HTML_DIR;
    if ($arg_bucket = films) {
        proxy_pass http://films.s3.us-east-1.amazonaws.com;
    }
}
--- request eval
["GET /hello.txt?bucket=films", "GET /hello.txt"]
--- error_code eval
[200, 404]
--- response_body eval
["hello from films\n", qr/404/]

=== TEST 8: after a rewrite, the rewritten path is sent
--- http_config eval: $::Films
--- config
location / {
    rewrite    ^/v/(.*)\.mp4$ /$1.txt break;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request eval
["GET /v/hello.mp4", "GET /v/a%20b.mp4", "GET /v/a+b.mp4",
 "GET /v/%c3%a9%e6%97%a5%e6%9c%ac.mp4"]
--- response_body eval
["hello from films\n", "a b.txt of films\n", "a+b.txt of films\n",
 "\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt of films\n"]

=== TEST 9: the URI of proxy_pass has no effect after a rewrite
--- http_config eval: $::Films
--- config
location /v/ {
    rewrite    ^/v/(.*)$ /$1 break;
    proxy_pass http://films.s3.us-east-1.amazonaws.com/nothing/;
}
--- request
GET /v/hello.txt
--- response_body
hello from films

=== TEST 10: the arguments of a rewrite and the client's are sent
--- http_config eval: $::Films
--- config
location / {
    rewrite    ^/v/(.*)$ /$1?x=1&a=%2F break;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /v/hello.txt?k=v
--- response_body
hello from films
--- s3_log_like
GET /hello.txt\?a=%2F&k=v&x=1 200 v4-headers$

=== TEST 11: a rewrite can drop the client's arguments
--- http_config eval: $::Films
--- config
location / {
    rewrite    ^/v/(.*)$ /$1? break;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /v/hello.txt?k=v
--- response_body
hello from films
--- s3_log_like
GET /hello.txt 200 v4-headers$

=== TEST 12: variables with the client's request target
--- http_config eval: $::Films
--- config
location / {
    set $bucket_host films.s3.us-east-1.amazonaws.com;
    proxy_pass http://$bucket_host$request_uri;
}
--- request eval
["GET /hello.txt?b=1&a=%7e", "GET /a%20b.txt", "GET /a+b.txt",
 "GET /%c3%a9%e6%97%a5%e6%9c%ac.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n", "a+b.txt of films\n",
 "\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt of films\n"]
--- s3_log_like
GET /hello.txt\?a=~&b=1 200

=== TEST 13: variables without a path: the client's path is sent
--- http_config eval: $::Films
--- config
location / {
    set $bucket_host films.s3.us-east-1.amazonaws.com;
    proxy_pass http://$bucket_host;
}
--- request
GET /a%20b.txt?x=y
--- response_body
a b.txt of films
--- s3_log_like
GET /a%20b.txt\?x=y 200

=== TEST 14: a decoded capture, as nginx writes it to the request line
--- http_config eval: $::Films
--- config
location ~ ^/v/(.*)$ {
    set $bucket_host films.s3.us-east-1.amazonaws.com;
    proxy_pass http://$bucket_host/$1;
}
--- request eval
["GET /v/a%20b.txt", "GET /v/a+b.txt",
 "GET /v/%c3%a9%e6%97%a5%e6%9c%ac.txt",
 "GET /v/100%25%26%3D%3B%2C%40%3A%24%23.txt",
 "GET /v/(x)%20'y'%20%22z%22!*~.txt"]
--- response_body eval
["a b.txt of films\n", "a+b.txt of films\n",
 "\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt of films\n",
 '100%&=;,@:$#.txt' . " of films\n",
 qq{(x) 'y' "z"!*~.txt of films\n}]

=== TEST 15: a line end in a decoded capture is not signed
The regular expression matches it, and nginx writes a request line that ends early.
--- http_config eval: $::Recorded
--- config
location ~ "^/v/([^/]*)" {
    set $name bucket;
    proxy_pass http://$name/$1;
}
--- request
GET /v/a%0d%0aX-Evil:%20b
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_count: 0

=== TEST 16: the path of a request target in absolute form
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- raw_request eval
"GET http://player.test:81/a%20b.txt?x=y HTTP/1.1\r\nHost: other.test\r\n"
. "Connection: close\r\n\r\n"
--- response_body
a b.txt of films
--- s3_log_like
GET /a%20b.txt\?x=y 200 v4-headers$

=== TEST 17: a request target in absolute form without a path
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- raw_request eval
"GET http://player.test?x=y HTTP/1.1\r\nHost: player.test\r\n"
. "Connection: close\r\n\r\n"
--- upstream_request_like eval
main::v4("GET /?x=y HTTP/1.1\nHost: bucket\n")

=== TEST 18: slashes of the client are not merged where its path is sent
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /a//b.txt
--- response_body
a//b.txt of films

=== TEST 19: merged slashes are sent merged where the path is replaced
--- http_config eval: $::Films
--- config
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request
GET /s3//deep//er/nested/path.txt
--- response_body
deep/er/nested/path.txt of films

=== TEST 20: merge_slashes off keeps them in a replaced path
--- http_config eval: "merge_slashes off;\n$::Films"
--- config
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request
GET /s3/a//b.txt
--- response_body
a//b.txt of films

=== TEST 21: dots of the client are part of the key where its path is sent
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /./x.txt", "GET /x/../y.txt", "GET /x/%2e%2e/y.txt"]
--- response_body eval
["./x.txt of films\n", "x/../y.txt of films\n", "x/../y.txt of films\n"]

=== TEST 22: resolved dots are sent resolved where the path is replaced
--- http_config eval: $::Films
--- config
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request
GET /s3/./x/../hello.txt
--- response_body
hello from films

=== TEST 23: an encoded slash is a slash
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /deep%2Fer%2fnested/path.txt", "GET /dir%2F"]
--- response_body eval
["deep/er/nested/path.txt of films\n", "dir/ of films\n"]

=== TEST 24: a plus is a plus, encoded or not
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
["GET /a+b.txt", "GET /a%2Bb.txt", "GET /s3/a+b.txt", "GET /s3/a%2bb.txt"]
--- response_body eval
[("a+b.txt of films\n") x 4]
--- s3_log_like
GET /a%2Bb.txt 200

=== TEST 25: quotes, brackets and other marks, encoded or not
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
[qq{GET /(x)%20'y'%20"z"!*~.txt},
 qq{GET /%28x%29%20%27y%27%20%22z%22%21%2A%7E.txt},
 qq{GET /s3/(x)%20'y'%20"z"!*~.txt}]
--- response_body eval
[(qq{(x) 'y' "z"!*~.txt of films\n}) x 3]
--- s3_log_like
GET /%28x%29%20%27y%27%20%22z%22%21%2A~.txt 200

=== TEST 26: UTF-8, raw and encoded
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
location /s3/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
["GET /\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt",
 "GET /%C3%A9%E6%97%A5%E6%9C%AC.txt",
 "GET /%c3%a9%e6%97%a5%e6%9c%ac.txt",
 "GET /s3/\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt",
 "GET /s3/%C3%A9%E6%97%A5%E6%9C%AC.txt"]
--- response_body eval
[("\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.txt of films\n") x 5]

=== TEST 27: a name of difficult characters in each of the four kinds
--- config
$TEST_NGINX_KEYS
location /v4-headers/ {
    s3_region      us-east-1;
    s3_use_headers on;
    proxy_pass     http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v4-query/ {
    s3_region  us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v2-headers/ {
    s3_use_headers on;
    proxy_pass     http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /v2-query/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval
[map { ("GET /$_/(x)%20'y'%20%22z%22!*~.txt?k=%c3%a9+%2B",
        "GET /$_/100%25%26=%3B,\@:\$%23.txt") }
 qw(v4-headers v4-query v2-headers v2-query)]
--- response_body eval
[(qq{(x) 'y' "z"!*~.txt of films\n}, '100%&=;,@:$#.txt' . " of films\n") x 4]
--- s3_log_like
 200 v4-headers$
 200 v4-query$
 200 v2-headers$
 200 v2-query$
--- s3_log_unlike
 403 

=== TEST 28: with Signature V4, arguments are sent in the order that is signed
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- request
GET /k?b=2&a=1&&A=0&c&d=&a=0&e=%7e%2f/&f=a+b%20c&%61%2D=x&g=h=i
--- upstream_request_like eval
main::v4("GET /k?A=0&a=0&a=1&a-=x&b=2&c=&d=&e=~%2F%2F&f=a%20b%20c&g=h%3Di"
    . " HTTP/1.1\nHost: bucket\n")

=== TEST 29: the S3 server accepts the arguments in this order
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt?b=2&a=1&&A=0&c&d=&a=0&e=%7e%2f/&f=a+b%20c&%61%2D=x&g=h=i
--- response_body
hello from films

=== TEST 30: with Signature V2, arguments keep their order
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass    http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /k?b=2&a=1&c&d=&f=a+b
--- upstream_request_like eval
qr{\AGET[ ]/k\?b=2&a=1&c&d=&f=a%20b&AWSAccessKeyId=AKIDTEST00000000001
   &Expires=\d{10}&Signature=[\w%]{28,} [ ]HTTP/1\.1\n
   Host:[ ]127\.0\.0\.1:\d+\z}x

=== TEST 31: arguments that authenticate are removed
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- request eval
"GET /k?a=1&" . join('&', qw(
    X-Amz-Algorithm=1 x-amz-credential=1 X-AMZ-DATE=1 X-Amz-Expires=1
    X-Amz-SignedHeaders=1 X-Amz-Signature=1 X-Amz-Security-Token=1
    %58-Amz-Signature=1 x%2Damz%2dcredential X-Amz-Date=
    AWSAccessKeyId=1 Signature=1 Expires=1 %53ignature=1 Expires)) . "&z=1"
--- upstream_request_like eval
main::v4("GET /k?a=1&z=1 HTTP/1.1\nHost: bucket\n")

=== TEST 32: a presigned request of the client is signed again
--- config
location / {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region     us-east-1;
    proxy_pass    http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /hello.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDX%2F20200101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0&response-content-type=a%2Fb
--- response_headers
Content-Type: a/b
--- response_body
hello from films

=== TEST 33: headers that authenticate are removed
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- request
GET /k
--- more_headers
X-First: 1
authorization: Basic eDp5
X-Amz-Date: 20200101T000000Z
X-Middle: 2
x-amz-content-sha256: 0
X-AMZ-Security-Token: t
X-Last: 3
--- upstream_request_like eval
main::v4("GET /k HTTP/1.1\nHost: bucket\n"
    . "X-First: 1\nX-Middle: 2\nX-Last: 3\n")

=== TEST 34: the client's other x-amz headers are kept and signed
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- request
GET /k
--- more_headers
X-Amz-Request-Payer:  requester
x-amz-cf-id: abc==
Range: bytes=0-1
--- upstream_request_like eval
main::v4("GET /k HTTP/1.1\nHost: bucket\n"
    . "X-Amz-Request-Payer: requester\nx-amz-cf-id: abc==\n"
    . "Range: bytes=0-1\n",
    signed => 'host;x-amz-cf-id;x-amz-content-sha256;x-amz-date;'
        . 'x-amz-request-payer')

=== TEST 35: the S3 server accepts x-amz headers in any spelling
--- http_config eval: $::Films
--- config
location / {
    proxy_set_header x-amz-meta-a "two  spaces   and,a comma";
    proxy_set_header X-AMZ-Meta-B $http_x_b;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- more_headers
X-B: b
x-amz-meta-C: c
Content-Type: text/plain
--- response_body
hello from films

=== TEST 36: the Host of proxy_set_header is signed
--- config
location / {
    $TEST_NGINX_KEYS
    s3_region        us-east-1;
    proxy_set_header Host music.s3.us-east-1.amazonaws.com;
    proxy_pass       http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /hello.txt
--- response_body
hello from music

=== TEST 37: the client's Host, passed on, is signed
--- config
location / {
    $TEST_NGINX_KEYS
    proxy_set_header Host $http_host;
    proxy_pass       http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /hello.txt
--- more_headers
Host: music.s3.us-east-1.amazonaws.com
--- response_body
hello from music
--- s3_log_like
 200 v2-query$

=== TEST 38: without a Host nothing is sent
In HTTP/1.1 nginx 1.31.4 and later always write one.
--- http_config eval: $::Recorded
--- config
location / {
    proxy_http_version 1.0;
    proxy_set_header Host "";
    proxy_pass       http://bucket;
}
--- request
GET /k
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_count: 0

=== TEST 39: an Authorization of proxy_set_header is replaced by the signature
--- http_config eval: $::Recorded
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header Host          bucket;
    proxy_set_header Connection    "";
    proxy_set_header Authorization "Basic eDp5";
    proxy_set_header X-Other       "a b";
    proxy_pass       http://bucket;
}
--- request
GET /k
--- upstream_request_like eval
main::v4("GET /k HTTP/1.1\nHost: bucket\nX-Other: a b\n")

=== TEST 40: proxy_method is what is signed
--- http_config eval: $::Films
--- config
location / {
    proxy_method HEAD;
    proxy_pass   http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- response_headers
Content-Length: 17
--- response_body:
--- s3_log_like
HEAD /hello.txt 200 v4-headers$

=== TEST 41: a proxy_method that s3_methods does not allow is not sent
--- http_config eval: $::Recorded
--- config
location / {
    proxy_method DELETE;
    proxy_pass   http://bucket;
}
--- request
GET /k
--- error_code: 500
--- error_log
request not signed and not sent: "s3_methods" does not allow method "DELETE"
--- upstream_count: 0

=== TEST 42: a body is sent as it is, with an unsigned payload
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { s3_methods any; proxy_pass http://bucket; }
--- request eval
"PUT /k\nline 1\r\n\r\nGET /evil HTTP/1.1\r\n\r\nend"
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Content-Length: 35\n",
    payload => 'UNSIGNED-PAYLOAD',
    body    => "\n\nline 1\r\n\r\nGET /evil HTTP/1.1\r\n\r\nend")

=== TEST 43: a body is stored by the S3 server
--- http_config eval: $::Films
--- config
location / {
    s3_methods any;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request eval
["PUT /new/a%20b.txt\nnew content", "GET /new/a%20b.txt"]
--- more_headers eval
["Content-Type: text/x-new\nContent-MD5: lsFcK7KSEZO/KQ34zYXiug==", ""]
--- response_body eval
["", "new content"]
--- response_headers eval
["", "Content-Type: text/x-new"]

=== TEST 44: proxy_set_body, behind the head in the same buffer
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / {
    s3_methods     any;
    proxy_set_body "body of $uri\r\n\r\nX: y";
    proxy_pass     http://bucket;
}
--- request
PUT /k
what the client sends
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Content-Length: 18\n",
    payload => 'UNSIGNED-PAYLOAD', body => "\n\nbody of /k\r\n\r\nX: y")

=== TEST 45: proxy_set_body that is empty is no body
--- http_config eval: $::Films
--- config
location / {
    proxy_set_body $arg_none;
    proxy_pass     http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 46: proxy_set_body is stored by the S3 server in each of the four kinds
--- http_config eval: $::Films
--- config
$TEST_NGINX_KEYS
s3_methods any;
location /v4-headers {
    proxy_set_body "body of $uri";
    proxy_pass     http://films.s3.us-east-1.amazonaws.com;
}
location /v4-query {
    s3_region      us-east-1;
    s3_use_headers off;
    proxy_set_body "body of $uri";
    proxy_pass     http://films.s3.us-east-1.amazonaws.com;
}
location /films/v2-headers {
    s3_use_headers on;
    proxy_set_body "body of $uri";
    proxy_pass     http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
location /films/v2-query {
    proxy_set_body "body of $uri";
    proxy_pass     http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
location /get/ { proxy_pass http://films.s3.us-east-1.amazonaws.com/; }
--- request eval
["PUT /v4-headers", "PUT /v4-query", "PUT /films/v2-headers",
 "PUT /films/v2-query", "GET /get/v4-headers", "GET /get/v4-query",
 "GET /get/v2-headers", "GET /get/v2-query"]
--- response_body eval
["", "", "", "", "body of /v4-headers", "body of /v4-query",
 "body of /films/v2-headers", "body of /films/v2-query"]

=== TEST 47: proxy_pass_request_body off: there is no body to be signed
--- http_config eval: $::Recorded
--- config
location / {
    s3_methods              any;
    proxy_pass_request_body off;
    proxy_http_version      1.1;
    proxy_set_header        Connection "";
    proxy_set_header        Content-Length "";
    proxy_pass              http://bucket;
}
--- request
POST /k
body
--- upstream_request_like eval
main::v4("POST /k HTTP/1.1\nHost: bucket\n")

=== TEST 48: proxy_pass_request_headers off: only nginx's headers are sent
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / {
    proxy_pass_request_headers off;
    proxy_pass                 http://bucket;
}
--- request
GET /k
--- more_headers
X-A: b
x-amz-meta-a: b
--- upstream_request_like eval
main::v4("GET /k HTTP/1.1\nHost: bucket\n")

=== TEST 49: an unbuffered body with a length follows the signed head
--- http_config eval: $::Recorded
--- config
location / {
    s3_methods              any;
    proxy_request_buffering off;
    proxy_http_version      1.1;
    proxy_set_header        Connection "";
    proxy_pass              http://bucket;
}
--- request eval
[["PUT /k\n\r\n\r\nfirst \xff\x00", {value => "then", delay_before => 0.1}]]
--- more_headers
Content-Length: 16
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Content-Length: 16\n",
    payload => 'UNSIGNED-PAYLOAD',
    body    => "\n\n\r\n\r\nfirst \xff\x00then")

=== TEST 50: an unbuffered chunked body follows the signed head
--- http_config eval: $::Recorded
--- config
location / {
    s3_methods              any;
    proxy_request_buffering off;
    proxy_http_version      1.1;
    proxy_set_header        Connection "";
    proxy_pass              http://bucket;
}
--- request eval
[["PUT /k\n5\r\nhello\r\n",
  {value => "9\r\n\r\n\r\nworld\r\n", delay_before => 0.1},
  {value => "0\r\n\r\n", delay_before => 0.1}]]
--- more_headers
Transfer-Encoding: chunked
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Transfer-Encoding: chunked\n",
    payload => 'UNSIGNED-PAYLOAD',
    body    => "\n\n5\r\nhello\r\n9\r\n\r\n\r\nworld\r\n0\r\n\r\n")

=== TEST 51: an unbuffered chunked body that has arrived is sent with its length
--- http_config eval: $::Recorded
--- config
location / {
    s3_methods              any;
    proxy_request_buffering off;
    proxy_http_version      1.1;
    proxy_set_header        Connection "";
    proxy_pass              http://bucket;
}
--- request eval
"PUT /k\n5\r\nhello\r\n0\r\n\r\n"
--- more_headers
Transfer-Encoding: chunked
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Content-Length: 5\n",
    payload => 'UNSIGNED-PAYLOAD', body => "\n\nhello")

=== TEST 52: a chunked body that is buffered is sent with its length
--- http_config eval: $::Films
--- config
location / {
    s3_methods any;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request eval
["PUT /chunked.txt\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "GET /chunked.txt"]
--- more_headers eval
["Transfer-Encoding: chunked", ""]
--- response_body eval
["", "hello world"]

=== TEST 53: an unbuffered body of several buffers is stored by the S3 server
--- http_config eval: $::Films
--- config
client_body_buffer_size 1k;
location / {
    s3_methods              any;
    proxy_request_buffering off;
    proxy_pass              http://films.s3.us-east-1.amazonaws.com;
}
--- request eval
["PUT /unbuffered.txt\n" . "0123456789abcdef" x 20_000, "GET /unbuffered.txt"]
--- response_body eval
["", "0123456789abcdef" x 20_000]
--- no_error_log
buffered to a temporary file

=== TEST 54: a body in a temporary file is stored by the S3 server
--- http_config eval: "log_format body '\$request \$request_body_file';\n$::Films"
--- config
client_body_buffer_size 1k;
access_log              logs/access.log body;
location / {
    s3_methods any;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- request eval
["PUT /spooled.txt\n" . "0123456789abcdef" x 20_000, "GET /spooled.txt"]
--- response_body eval
["", "0123456789abcdef" x 20_000]
--- access_log eval
qr{^PUT /spooled.txt HTTP/1.1 \S*/client_body/\d+$}

=== TEST 55: the head of a body in a temporary file is signed
--- http_config eval: $::Recorded
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
client_body_in_file_only clean;
location / { s3_methods any; proxy_pass http://bucket; }
--- request
PUT /k
body
--- upstream_request_like eval
main::v4("PUT /k HTTP/1.1\nHost: bucket\n"
    . "Content-Length: 4\n",
    payload => 'UNSIGNED-PAYLOAD', body => "\n\nbody")
--- error_log
a client request body is buffered to a temporary file

=== TEST 56: HTTP/1.1 to the upstream
--- http_config eval: $::Recorded
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header   Host bucket;
    proxy_set_header   Connection close;
    proxy_pass         http://bucket;
}
--- request
GET /k
--- upstream_request_like eval
main::v4("GET /k HTTP/1.1\nHost: bucket\nConnection: close\n")

=== TEST 57: HTTP/1.0 from the client and to the upstream
--- http_config eval: $::Recorded
--- config
location / {
    proxy_http_version 1.0;
    proxy_set_header   Host bucket;
    proxy_set_header   Connection close;
    proxy_pass         http://bucket;
}
--- request
GET /k HTTP/1.0
--- upstream_request_like eval
main::v4("GET /k HTTP/1.0\nHost: bucket\nConnection: close\n")

=== TEST 58: HEAD
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
HEAD /hello.txt
--- response_headers
Content-Length: 17
--- s3_log_like
HEAD /hello.txt 200 v4-headers$

=== TEST 59: an object larger than the buffers
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /big.txt
--- response_body_filters eval: sub { length $_[0] }
--- response_body chop
204800

=== TEST 60: a target of 8 KiB and 60 headers
--- http_config eval: $::Films
--- config
large_client_header_buffers 4 16k;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
"GET /hello.txt?long=" . "%C3%A9+x" x 1024
--- more_headers eval
join "", map { "x-amz-meta-$_: " . "v" x 40 . "\nX-Other-$_: $_\n" } 1 .. 30
--- response_body
hello from films
--- s3_log_like
GET /hello.txt\?long=(?:%C3%A9%20x){1024} 200 v4-headers$

=== TEST 61: a value of 15000 bytes in a header that is signed
--- http_config eval: $::Films
--- config
large_client_header_buffers 4 16k;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- more_headers eval
"x-amz-meta-a: " . "v " x 7500
--- response_body
hello from films

=== TEST 62: marks and UTF-8 in arguments, raw and encoded
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
"GET /hello.txt?q=\xc3\xa9\"<>{}|\\^`[]'()!*:\@/?;,\$&r=%c3%a9%22%&%zz=%2"
--- response_body
hello from films
--- s3_log_like eval
qr{^\S+ GET /hello.txt\?%25zz=%252&q=%C3%A9%22%3C%3E%7B%7D%7C%5C%5E%60%5B%5D%27%28%29%21%2A%3A%40%2F%3F%3B%2C%24&r=%C3%A9%22%25 200}

=== TEST 63: 1000 arguments
--- http_config eval: $::Films
--- config
large_client_header_buffers 4 16k;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
"GET /hello.txt?" . join '&', map { ($_ * 7919 % 1000) . "=$_" } 1 .. 1000
--- response_body
hello from films

=== TEST 64: x-amz headers that are empty, repeated, or UTF-8
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- more_headers eval
"x-amz-meta-empty:\nx-amz-meta-d: 2\nX-Amz-Meta-D: 1\n"
. "x-amz-meta-u: \xc3\xa9\x09\xc3\xa9"
--- response_body
hello from films

=== TEST 65: a second Host of proxy_set_header: nothing is sent, before nginx 1.31.4
--- http_config eval: $::Recorded
--- config
location / {
    proxy_set_header Host a;
    proxy_set_header Host b;
    proxy_pass       http://bucket;
}
--- request
GET /k
--- skip_nginx: 3: >= 1.31.4
--- error_code: 500
--- error_log
request not signed and not sent:
--- upstream_count: 0

=== TEST 66: proxy_method with a variable
--- http_config eval: $::Films
--- config
location / {
    proxy_method $arg_method;
    proxy_pass   http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt?method=HEAD
--- response_headers
Content-Length: 17
--- s3_log_like
HEAD /hello.txt\?method=HEAD 200 v4-headers$

=== TEST 67: after a 404 of one bucket, the request is signed for another bucket
--- http_config eval
"$::Films upstream music.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
    s3_access_key     ASIATEMPORARY0000001;
    s3_secret_key     TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
}"
--- config
location /none/ {
    proxy_intercept_errors on;
    error_page             404 = @music;
    proxy_pass             http://films.s3.us-east-1.amazonaws.com;
}
location @music {
    rewrite    ^/none(/.*) $1 break;
    proxy_pass http://music.s3.us-east-1.amazonaws.com;
}
--- request
GET /none/hello.txt?x=y
--- response_body
hello from music
--- s3_log_like
GET /none/hello.txt\?x=y 404 v4-headers$
GET /hello.txt\?x=y&AWSAccessKeyId=ASIATEMPORARY0000001&\S+ 200 v2-query$

=== TEST 68: X-Accel-Redirect to a signed location
--- http_config eval: $::Films
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location /app { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
location /s3/ {
    internal;
    proxy_pass http://films.s3.us-east-1.amazonaws.com/;
}
--- request
GET /app
--- upstream_response
HTTP/1.1 200 OK
X-Accel-Redirect: /s3/a%20b.txt
Content-Length: 0
--- response_body
a b.txt of films
--- upstream_request
GET /app HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT

=== TEST 69: several requests on one connection of the client
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- pipelined_requests eval
["GET /hello.txt", "GET /a%20b.txt", "GET /a+b.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n", "a+b.txt of films\n"]

=== TEST 70: a second Host of proxy_set_header: from nginx 1.31.4 on the last one is sent, and signed
--- http_config eval: $::Films
--- config
location / {
    proxy_set_header Host music.s3.us-east-1.amazonaws.com;
    proxy_set_header Host films.s3.us-east-1.amazonaws.com;
    proxy_pass       http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- skip_nginx: 3: < 1.31.4
--- response_body
hello from films
--- s3_log_like
GET /hello.txt 200 v4-headers$

=== TEST 71: an empty Host in HTTP/1.1: from nginx 1.31.4 on the host of proxy_pass is sent, and signed
--- http_config eval: $::Films
--- config
location / {
    proxy_http_version 1.1;
    proxy_set_header   Host "";
    proxy_pass         http://films.s3.us-east-1.amazonaws.com;
}
--- request
GET /hello.txt
--- skip_nginx: 3: < 1.31.4
--- response_body
hello from films
--- s3_log_like
GET /hello.txt 200 v4-headers$

=== TEST 72: the default HTTP version and Connection header of nginx
--- http_config eval: $::Recorded
--- config
location / { proxy_pass http://bucket; }
--- request
GET /k
--- upstream_request_like eval
main::v4(NginxTest::Nginx::keepalive_by_default()
    ? "GET /k HTTP/1.1\nHost: bucket\n"
    : "GET /k HTTP/1.0\nHost: bucket\nConnection: close\n")

=== TEST 73: the default HTTP version and Connection header of nginx, with a body
--- http_config eval: $::Recorded
--- config
location / { s3_methods any; proxy_pass http://bucket; }
--- request
PUT /k
body
--- upstream_request_like eval
main::v4(
    (NginxTest::Nginx::keepalive_by_default()
        ? "PUT /k HTTP/1.1\nHost: bucket\n"
        : "PUT /k HTTP/1.0\nHost: bucket\nConnection: close\n")
    . "Content-Length: 4\n",
    payload => 'UNSIGNED-PAYLOAD', body => "\n\nbody")
