# Of the blocks that set the same thing, which one wins.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
s3_region('eu-west-1');
run_tests();

__DATA__

=== TEST 1: credentials: a location wins over its upstream, server and http
--- http_config
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDUNKNOWN000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 2: credentials: an upstream wins over server and http
--- http_config
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    $TEST_NGINX_KEYS
}
--- config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 3: credentials: a server wins over http
--- http_config
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
s3_region eu-west-1;
s3_use_headers on;
$TEST_NGINX_KEYS
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 4: credentials: the location around wins over upstream, server and http
--- http_config
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDUNKNOWN000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    $TEST_NGINX_KEYS
    location /f/h {
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 5: credentials: a location wins over the location around
--- http_config
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDUNKNOWN000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDUNKNOWN000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    s3_access_key AKIDUNKNOWN000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    location /f/h {
        $TEST_NGINX_KEYS
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 6: s3_region: a location wins over its upstream, server and http
--- http_config
s3_region us-east-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_region us-east-1;
}
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 7: s3_region: an upstream wins over server and http
--- http_config
s3_region us-east-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_region eu-west-1;
}
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 8: s3_region: a server wins over http
--- http_config
s3_region us-east-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
$TEST_NGINX_KEYS
s3_region eu-west-1;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 9: s3_region: the location around wins over upstream, server and http
--- http_config
s3_region us-east-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_region us-east-1;
}
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /f/ {
    s3_region eu-west-1;
    location /f/h {
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 10: s3_region: a location wins over the location around
--- http_config
s3_region us-east-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_region us-east-1;
}
--- config
$TEST_NGINX_KEYS
s3_region us-east-1;
location /f/ {
    s3_region us-east-1;
    location /f/h {
        s3_region eu-west-1;
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$

=== TEST 11: s3_use_headers: a location wins over its upstream, server and http
--- http_config
s3_use_headers off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_use_headers off;
}
--- config
$TEST_NGINX_KEYS
s3_use_headers off;
location /f/ {
    s3_use_headers on;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 12: s3_use_headers: an upstream wins over server and http
--- http_config
s3_use_headers off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_use_headers on;
}
--- config
$TEST_NGINX_KEYS
s3_use_headers off;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 13: s3_use_headers: a server wins over http
--- http_config
s3_use_headers off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
$TEST_NGINX_KEYS
s3_use_headers on;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 14: s3_use_headers: the location around wins over upstream, server and http
--- http_config
s3_use_headers off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_use_headers off;
}
--- config
$TEST_NGINX_KEYS
s3_use_headers off;
location /f/ {
    s3_use_headers on;
    location /f/h {
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 15: s3_use_headers: a location wins over the location around
--- http_config
s3_use_headers off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_use_headers off;
}
--- config
$TEST_NGINX_KEYS
s3_use_headers off;
location /f/ {
    s3_use_headers off;
    location /f/h {
        s3_use_headers on;
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v2-headers$

=== TEST 16: s3_bucket_in_host: a location wins over its upstream, server and http
--- http_config
s3_bucket_in_host off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host off;
}
--- config
$TEST_NGINX_KEYS
s3_bucket_in_host off;
location /f/ {
    s3_bucket_in_host on;
    proxy_pass http://s3/;
    proxy_set_header Host films.s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 17: s3_bucket_in_host: an upstream wins over server and http
--- http_config
s3_bucket_in_host off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host on;
}
--- config
$TEST_NGINX_KEYS
s3_bucket_in_host off;
location /f/ {
    proxy_pass http://s3/;
    proxy_set_header Host films.s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 18: s3_bucket_in_host: a server wins over http
--- http_config
s3_bucket_in_host off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
$TEST_NGINX_KEYS
s3_bucket_in_host on;
location /f/ {
    proxy_pass http://s3/;
    proxy_set_header Host films.s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 19: s3_bucket_in_host: the location around wins over upstream, server and http
--- http_config
s3_bucket_in_host off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host off;
}
--- config
$TEST_NGINX_KEYS
s3_bucket_in_host off;
location /f/ {
    s3_bucket_in_host on;
    location /f/h {
        proxy_pass http://s3/h;
        proxy_set_header Host films.s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 20: s3_bucket_in_host: a location wins over the location around
--- http_config
s3_bucket_in_host off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host off;
}
--- config
$TEST_NGINX_KEYS
s3_bucket_in_host off;
location /f/ {
    s3_bucket_in_host off;
    location /f/h {
        s3_bucket_in_host on;
        proxy_pass http://s3/h;
        proxy_set_header Host films.s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$

=== TEST 21: s3_use_headers off in a location wins over on in its upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_use_headers on;
}
--- config
$TEST_NGINX_KEYS
location /f/ {
    s3_use_headers off;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v2-query$

=== TEST 22: s3_bucket_in_host off in an upstream wins over on in http
--- http_config
s3_bucket_in_host on;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host off;
}
--- config
$TEST_NGINX_KEYS
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: 200 v2-query$

=== TEST 23: each setting comes from another block
--- http_config
s3_use_headers on;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_region eu-west-1;
}
--- config
s3_region us-east-1;
location /f/ {
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 24: the credentials of an upstream take a region and a placement from the location
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key ASIATEMPORARY0000001;
    s3_secret_key TemporarySecretKey/With+Signs00000000001;
    s3_security_token TemporarySessionToken/With+Signs==;
}
--- config
location /f/ {
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt 200 v4-headers$

=== TEST 25: the token of an upstream is not sent with the keys of a location
--- http_config
s3_region eu-west-1;
s3_use_headers on;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h HTTP/1\.1
Host: h
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 26: the token of a server is not sent with the keys of a location
--- http_config
s3_region eu-west-1;
s3_use_headers on;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
location /f/ {
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h HTTP/1\.1
Host: h
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 27: the token of http is not sent with the keys of a location
--- http_config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h HTTP/1\.1
Host: h
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 28: the token of the location around is not sent with the keys of a location
--- http_config
s3_region eu-west-1;
s3_use_headers on;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    location /f/h {
        s3_access_key AKIDTEST00000000002;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        proxy_pass http://s3/h;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host h;
    }
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h HTTP/1\.1
Host: h
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 29: the token of http is not sent with the keys of an upstream
--- http_config
s3_region eu-west-1;
s3_use_headers on;
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h HTTP/1\.1
Host: h
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 30: the token of a server is not sent with the keys of an upstream, in the query either
--- http_config
s3_region eu-west-1;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_security_token TokenCanary/With+Signs0000000000000001==;
location /f/ {
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request_like
\AGET /h\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDTEST00000000002%2F\d{8}%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=\d{8}T\d{6}Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=[0-9a-f]{64} HTTP/1\.1
Host: h\z

=== TEST 31: s3_access_key off in a location turns off the keys of http
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 32: s3_access_key off in a location turns off the keys of its upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 33: s3_access_key off in a nested location turns off the keys of the location around
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    location /f/h {
        s3_access_key off;
        proxy_pass http://s3/h;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host h;
    }
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 34: s3_access_key off in the location around turns off the keys of http and upstream
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    s3_access_key off;
    location /f/h {
        proxy_pass http://s3/h;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host h;
    }
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 35: s3_access_key off in a server turns off the keys of http
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- config
s3_access_key off;
location /f/ {
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 36: s3_access_key off in an upstream turns off the keys of http and server
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
--- config
$TEST_NGINX_KEYS
location /f/ {
    proxy_pass http://s3/;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h

=== TEST 37: keys in a location switch on what off in its upstream switched off
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key off;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 38: keys in a nested location switch on what off in the location around switched off
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
location /f/ {
    s3_access_key off;
    location /f/h {
        s3_access_key AKIDPERMANENT0000001;
        s3_secret_key PermanentSecretKey/With+Signs00000000001;
        proxy_pass http://s3/films/h;
        proxy_set_header Host s3.test;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 39: keys in an upstream switch on what off in the server switched off
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
}
--- config
s3_access_key off;
location /f/ {
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 40: keys in a location switch on what off in http switched off
--- http_config
s3_access_key off;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 41: a location nested three deep inherits
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    location /f/h {
        location /f/he {
            proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/he;
        }
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 42: a regex location inherits from the server
--- config
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
location ~ ^/f/(.*)$ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/$1;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 43: a regex location nested in a prefix location inherits from it
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    location ~ ^/f/(.*)$ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/$1;
    }
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 44: an exact location has keys of its own
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location = /f/hello.txt {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/hello.txt;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 45: a named location inherits from the server
--- config
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
location /f/ { error_page 418 = @s3; return 418; }
location @s3 {
    rewrite ^/f/(.*) /films/$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 46: a named location has keys of its own
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ { try_files /none @s3; }
location @s3 {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    rewrite ^/f/(.*) /films/$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 47: a request that an internal redirect takes to another location is signed with the keys of that location
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    rewrite ^/f/(.*) /films/$1 last;
}
location /films/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 48: a request that an internal redirect takes to a location without keys goes unsigned
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_intercept_errors on;
    error_page 404 = /h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /h {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_response eval
["HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", undef]
--- upstream_request eval
[undef, "GET /h HTTP/1.1\nHost: h\n"]

=== TEST 49: an if block inherits from its location
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    if ($uri) { set $x 1; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 50: an if block inherits from its location where proxy_pass has variables
--- config
location /films/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    if ($uri) { set $x 1; }
    set $host_name 127.0.0.1;
    proxy_pass http://$host_name:$TEST_NGINX_S3_PORT;
}
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 51: an if block inherits from the server
--- config
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
location /f/ {
    if ($uri) { set $x 1; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 52: an if block does not take a request past the keys of the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
}
--- config
location /f/ {
    if ($uri) { set $x 1; }
    proxy_pass http://s3/films/;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 53: an if block does not take a request past s3_methods
--- config
location /f/ {
    $TEST_NGINX_KEYS
    if ($uri) { set $x 1; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- upstream_count: 0

=== TEST 54: an if block with a proxy_pass of its own inherits from its location
--- config
location /films/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    if ($uri) {
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 55: the keys of an if block win over those of its location and of the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /films/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    if ($uri) {
        s3_access_key AKIDPERMANENT0000001;
        s3_secret_key PermanentSecretKey/With+Signs00000000001;
        proxy_pass http://s3;
    }
    proxy_set_header Host s3.test;
}
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 56: s3_access_key off in an if block
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_set_header Host h;
    if ($arg_plain) {
        s3_access_key off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request eval
["GET /f/a?plain=1", "GET /f/a"]
--- error_code eval
[200, 200]
--- upstream_request_like eval
[qr{\AGET /f/a\?plain=1 HTTP/1\.1\nHost: h\z},
 qr{\AGET /f/a\?AWSAccessKeyId=AKIDTEST00000000001&}]

=== TEST 57: a limit_except block inherits from its location
--- config
location /f/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    limit_except POST { allow all; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 58: a limit_except block inherits from the server
--- config
s3_access_key AKIDPERMANENT0000001;
s3_secret_key PermanentSecretKey/With+Signs00000000001;
location /f/ {
    limit_except POST { allow all; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 59: a limit_except block does not take a request past s3_methods
--- config
location /f/ {
    $TEST_NGINX_KEYS
    limit_except GET { allow all; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
DELETE /f/a
--- error_code: 405
--- upstream_count: 0

=== TEST 60: a limit_except block with a proxy_pass of its own inherits
--- config
location /films/ {
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
    limit_except POST {
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
GET /films/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 61: s3_methods: the nearest of location, server and http wins
--- http_config
s3_methods DELETE;
--- config
s3_methods PUT;
$TEST_NGINX_KEYS
location /put/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /head/ {
    s3_methods HEAD;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /head/get/ {
        s3_methods GET;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request eval
["DELETE /put/", "DELETE /head/", "PUT /head/get/"]
--- error_code eval
[405, 405, 405]
--- response_headers eval
["Allow: PUT", "Allow: HEAD", "Allow: GET, HEAD"]
--- upstream_count: 0

=== TEST 62: the upstream of a proxy_pass with variables counts as well
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream films {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_access_key AKIDPERMANENT0000001;
    s3_secret_key PermanentSecretKey/With+Signs00000000001;
}
--- config
location ~ ^/f/(.*)$ {
    set $bucket films;
    proxy_pass http://$bucket/films/$1;
    proxy_set_header Host s3.test;
}
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like: ^connection=\d+ GET /films/hello\.txt\?AWSAccessKeyId=AKIDPERMANENT0000001&\S+ 200 v2-query$

=== TEST 63: s3_access_key off in the upstream of a proxy_pass with variables counts as well
--- http_config
$TEST_NGINX_KEYS
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
--- config
location ~ ^/f/(.*)$ {
    set $bucket films;
    proxy_pass http://$bucket/$1;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request
GET /f/h
--- upstream_request
GET /h HTTP/1.1
Host: h
