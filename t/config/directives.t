# The contexts of each directive, and its effect in each.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Temporary = <<'END';
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
s3_security_token TemporarySessionToken/With+Signs==;
END

# A configuration with the directives in the context: http, server, location,
# if (in a location) or upstream.
sub http_config {
    my ($context, $directives) = @_;

    my $http     = $context eq 'http'     ? $directives : '';
    my $upstream = $context eq 'upstream' ? $directives : '';
    return "$http upstream s3 { server 127.0.0.1:\$TEST_NGINX_S3_PORT; $upstream }";
}

sub config {
    my ($context, $directives, $others) = @_;

    my $server   = $context eq 'server' ? $directives : '';
    my $location = $context eq 'location' ? $directives
        : $context eq 'if' ? "if (\$uri) { $directives }" : '';
    return "$server $others location /f/ { $location proxy_pass http://s3/films/; }";
}

no_root_location();
s3_region('eu-west-1');
run_tests();

__DATA__

=== TEST 1: s3_access_key, s3_secret_key and s3_security_token in %context%
--- cases
context
http
server
location
if
upstream
--- http_config eval: ::http_config('%context%', $::Temporary)
--- config eval: ::config('%context%', $::Temporary, 's3_region eu-west-1; s3_use_headers on; proxy_set_header Host s3.test;')
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 2: s3_region in %context%
--- cases
context
http
server
location
if
upstream
--- http_config eval: ::http_config('%context%', 's3_region eu-west-1;')
--- config eval: ::config('%context%', 's3_region eu-west-1;', '$TEST_NGINX_KEYS proxy_set_header Host s3.test;')
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 3: s3_use_headers in %context%
--- cases
context
http
server
location
if
upstream
--- http_config eval: ::http_config('%context%', 's3_use_headers on;')
--- config eval: ::config('%context%', 's3_use_headers on;', '$TEST_NGINX_KEYS proxy_set_header Host s3.test;')
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 4: s3_bucket_in_host in %context%
--- cases
context
http
server
location
if
upstream
--- http_config eval: ::http_config('%context%', 's3_bucket_in_host on;')
--- config eval: ::config('%context%', 's3_bucket_in_host on;', '$TEST_NGINX_KEYS proxy_set_header Host films.s3.test;') =~ s{s3/films/}{s3/}r
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 5: s3_methods in %context%
--- cases
context
http
server
location
if
--- http_config eval
::http_config('%context%', 's3_methods PUT;') =~ s/S3_PORT/UPSTREAM_PORT/r
--- config eval
::config('%context%', 's3_methods PUT;', '$TEST_NGINX_KEYS
    s3_use_headers on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host s3.test;')
--- request
PUT /f/new
text
--- upstream_request_like
\APUT /films/new HTTP/1\.1
Host: s3\.test
Content-Length: 4
x-amz-date: [^\n]+
Authorization: AWS AKIDTEST00000000001:\S+

text\z

=== TEST 6: an if block with a proxy_pass of its own
--- config
location /music/ {
    if ($arg_s3) {
        s3_access_key AKIDPERMANENT0000001;
        s3_secret_key PermanentSecretKey/With+Signs00000000001;
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    }
}
--- request
GET /music/hello.txt?s3=1
--- response_body
hello from music
--- s3_log_like: ^connection=\d+ GET /music/hello\.txt\?s3=1&AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 7: requests to which an if block with keys does not apply are not signed
--- config
location /f/ {
    if ($arg_s3) {
        $TEST_NGINX_KEYS
        set $unused 1;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a?t=1
--- upstream_request
GET /f/a?t=1 HTTP/1.1
Host: h

=== TEST 8: without directives of the module requests are proxied unchanged
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a?Expires=1&X-Amz-Date=2
--- more_headers
Authorization: Basic b3duOg==
--- upstream_request
GET /f/a?Expires=1&X-Amz-Date=2 HTTP/1.1
Host: h
Authorization: Basic b3duOg==

=== TEST 9: without credentials s3_region, s3_use_headers, s3_bucket_in_host and s3_methods have no effect
--- config
s3_region eu-west-1;
s3_use_headers on;
s3_bucket_in_host on;
s3_methods HEAD;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request
GET /f/a HTTP/1.1
Host: h

=== TEST 10: with credentials alone the default is Signature V2 in the query
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request_like
\AGET /films/a\?AWSAccessKeyId=AKIDTEST00000000001&Expires=\d{10}&Signature=[A-Za-z0-9%]{27,}%3D HTTP/1\.1
Host: h\z

=== TEST 11: s3_use_headers off and s3_region: Signature V4 in the query
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request_like
\AGET /films/a\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDTEST00000000001%2F\d{8}%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=\d{8}T\d{6}Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1
Host: h\z

=== TEST 12: s3_use_headers on and s3_region: Signature V4 in headers
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/films/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/a
--- upstream_request_like
\AGET /films/a HTTP/1\.1
Host: h
x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 13: s3_bucket_in_host has no effect with a Host of Amazon S3
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_bucket_in_host off;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
    proxy_set_header Host films.s3.amazonaws.com;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt 200 v2-headers$

=== TEST 14: on and off in upper case are accepted, as by other directives of nginx
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_use_headers ON;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v2-headers$

=== TEST 15: values may be quoted
--- config
location /f/ {
    s3_access_key "AKIDPERMANENT0000001";
    s3_secret_key 'PermanentSecretKey/With+Signs00000000001';
    s3_region "eu-west-1";
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 16: the recommended way: everything in the upstream block of a bucket
--- http_config
upstream films.s3.test {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    keepalive 2;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_region eu-west-1;
    s3_use_headers on;
}
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location /f/ { proxy_pass http://films.s3.test/; }
--- request eval
["GET /f/hello.txt", "GET /f/deep/er/nested/path.txt"]
--- response_body eval
["hello from films\n", "deep/er/nested/path.txt of films\n"]
--- s3_log_like
^connection=\d+ GET /hello\.txt 200 v4-headers$
^connection=\d+ GET /deep/er/nested/path\.txt 200 v4-headers$

=== TEST 17: the traditional way: everything in the location
--- http_config
upstream films.s3.test {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    keepalive 2;
}
--- config
location /f/ {
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://films.s3.test/;
}
--- request eval
["GET /f/hello.txt", "GET /f/deep/er/nested/path.txt"]
--- response_body eval
["hello from films\n", "deep/er/nested/path.txt of films\n"]
--- s3_log_like
^connection=\d+ GET /hello\.txt 200 v4-headers$
^connection=\d+ GET /deep/er/nested/path\.txt 200 v4-headers$

=== TEST 18: an upstream block written after the server
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { proxy_pass http://films.s3.test/; }
}
upstream films.s3.test {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
}
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v4-query$

=== TEST 19: several accounts in one nginx, in upstream blocks
--- http_config
upstream films.s3.test {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
}
upstream music.s3.test {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_bucket_in_host on;
    s3_use_headers on;
}
--- config
location /f/ { proxy_pass http://films.s3.test/; }
location /m/ { proxy_pass http://music.s3.test/; }
location /plain/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request eval
["GET /f/hello.txt", "GET /m/hello.txt", "GET /f/hello.txt", "GET /plain/"]
--- response_body eval
["hello from films\n", "hello from music\n", "hello from films\n",
 "upstream ok\n"]
--- s3_log_like
^connection=\d+ GET /hello\.txt\?X-Amz-\S+Credential=AKIDPERMANENT\S+ 200 v4-query$
^connection=\d+ GET /hello\.txt 200 v2-headers$
--- upstream_request
GET /plain/ HTTP/1.1
Host: h

=== TEST 20: several accounts in one nginx, in locations
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
location /m/ {
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/music/;
}
--- request eval
["GET /f/hello.txt", "GET /m/hello.txt", "GET /f/hello.txt"]
--- response_body eval
["hello from films\n", "hello from music\n", "hello from films\n"]
--- s3_log_like
^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+Credential=AKIDPERMANENT\S+ 200 v4-query$
^connection=\d+ GET /music/hello\.txt 200 v2-headers$

=== TEST 21: several regions for one account in one nginx
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_use_headers on;
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
upstream music {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region us-east-1;
}
--- config
location /f/ { proxy_pass http://films; }
location /m/ { proxy_pass http://music; }
--- request eval
["GET /f/a", "GET /m/a", "GET /f/a"]
--- error_code eval
[200, 200, 200]
--- upstream_request_like eval
[map { qr{^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/\d{8}/$_/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$}m }
 "eu-west-1", "us-east-1", "eu-west-1"]

=== TEST 22: two servers with accounts of their own
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT; }
}
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
location /films/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request eval
["GET /films/hello.txt", "GET /music/hello.txt"]
--- response_body eval
["hello from films\n", "hello from music\n"]
--- s3_log_like
GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$
GET /music/hello\.txt\?AWSAccessKeyId=ASIATEMPORARY0000001&\S+ 200 v2-query$
