# The bucket in the resource of Signature V2: Amazon's hosts are recognized,
# s3_bucket_in_host sets it for others. s3.test is a domain of the S3 server.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: with "on" the first label of another host is the bucket
--- http_config: $TEST_NGINX_KEYS
--- config
s3_bucket_in_host on;
proxy_set_header Host films.s3.test;
location /query/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /headers/ {
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval: ['GET /query/hello.txt', 'GET /headers/hello.txt']
--- error_code eval: [200, 200]
--- response_body eval: [("hello from films\n") x 2]
--- s3_log_like
GET /hello\.txt\?\S+ 200 v2-query$
GET /hello\.txt 200 v2-headers$

=== TEST 2: with "off" another host names no bucket
--- http_config: $TEST_NGINX_KEYS
--- config
s3_bucket_in_host off;
proxy_set_header Host films.s3.test;
location /query/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /headers/ {
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval: ['GET /query/hello.txt', 'GET /headers/hello.txt']
--- error_code eval: [403, 403]
--- response_body_like eval: [('<Code>SignatureDoesNotMatch</Code>') x 2]

=== TEST 3: another host names no bucket by default
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    proxy_set_header Host films.s3.test;
}
--- request
GET /hello.txt
--- error_code: 403
--- response_body_like: <Code>SignatureDoesNotMatch</Code>

=== TEST 4: the host alone with the bucket in the path
--- http_config: $TEST_NGINX_KEYS
--- config
proxy_set_header Host s3.test;
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
location /off/ {
    s3_bucket_in_host off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval: ['GET /films/hello.txt', 'GET /off/films/hello.txt']
--- error_code eval: [200, 200]
--- response_body eval: [("hello from films\n") x 2]

=== TEST 5: a port after the host
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    proxy_set_header Host films.s3.test:$TEST_NGINX_S3_PORT;
}
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 6: a host in upper case names the bucket in lower case
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host $http_x_host;
}
--- request eval: ['GET /hello.txt', 'GET /hello.txt']
--- more_headers eval
['X-Host: FILMS.S3.Test', 'X-Host: Films.S3.US-East-1.AmazonAWS.Com']
--- error_code eval: [200, 200]
--- error_log
s3 string to sign: "/films/hello.txt"

=== TEST 7: an IP address names no bucket even with "on"
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
}
--- request
GET /films/hello.txt
--- response_body
hello from films

=== TEST 8: Amazon's hosts do not need s3_bucket_in_host
--- http_config: $TEST_NGINX_KEYS
--- config
proxy_set_header Host films.$http_x_endpoint;
location /unset/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /on/ {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /off/ {
    s3_bucket_in_host off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval
[map { ("GET $_/hello.txt") x 3 } '/unset', '/on', '/off']
--- more_headers eval
[('X-Endpoint: s3.us-east-1.amazonaws.com', 'X-Endpoint: s3.amazonaws.com:443',
  'X-Endpoint: s3.eu-west-1.amazonaws.com') x 3]
--- error_code eval: [(200) x 9]
--- response_body eval: [("hello from films\n") x 9]

=== TEST 9: Amazon's host with the bucket in the path
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    proxy_set_header Host s3.us-east-1.amazonaws.com;
}
--- request
GET /films/hello.txt
--- response_body
hello from films

=== TEST 10: the list of a bucket in the host
--- http_config: $TEST_NGINX_KEYS
--- config
location / {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    proxy_set_header Host films.s3.test;
}
--- request
GET /?list-type=2&prefix=hello
--- response_body_like: <Name>films</Name>.*<Key>hello.txt</Key>

=== TEST 11: s3_bucket_in_host in the upstream block
--- http_config
$TEST_NGINX_KEYS
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    s3_bucket_in_host on;
}
--- config
location / {
    proxy_pass http://s3;
    proxy_set_header Host films.s3.test;
}
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 12: Signature V4 does not depend on it
--- http_config: $TEST_NGINX_KEYS
--- config
s3_region us-east-1;
proxy_set_header Host films.s3.test;
location /unset/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /on/ {
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
location /off/ {
    s3_bucket_in_host off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/;
}
--- request eval: ['GET /unset/hello.txt', 'GET /on/hello.txt', 'GET /off/hello.txt']
--- error_code eval: [200, 200, 200]
--- response_body eval: [("hello from films\n") x 3]
