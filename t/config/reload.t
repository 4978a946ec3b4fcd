# nginx reads its configuration again while it runs.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';
use NginxTest::Nginx ();

our $Films = 'upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    keepalive 4;
    s3_access_key  AKIDPERMANENT0000001;
    s3_secret_key  PermanentSecretKey/With+Signs00000000001;
    s3_region      us-east-1;
    s3_use_headers on;
}';

no_root_location();
run_tests();

__DATA__

=== TEST 1: requests are signed after nginx has been reloaded several times
--- http_config eval: $::Films
--- config
location / {
    proxy_bind $arg_from;
    proxy_pass http://films.s3.us-east-1.amazonaws.com;
}
--- init
NginxTest::Nginx::reload() for 1 .. 3;
--- request
GET /a%20b.txt?from=127.0.0.2
--- response_body
a b.txt of films

=== TEST 2: new keys are used after a reload
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- init
NginxTest::Nginx::reload(sub {
    s/AKIDPERMANENT0000001/ASIATEMPORARY0000001/;
    s{PermanentSecretKey/With\+Signs00000000001;}
     {TemporarySecretKey/With+Signs00000000001;
      s3_security_token TemporarySessionToken/With+Signs==;};
    s/s3_use_headers on/s3_use_headers off/;
});
--- request
GET /hello.txt
--- response_body
hello from films
--- s3_log_like
GET /hello.txt\?\S+ASIATEMPORARY0000001\S+ 200 v4-query$

=== TEST 3: a configuration without keys stops the signing
--- http_config
upstream bucket {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://bucket; }
--- init
NginxTest::Nginx::reload(sub { s/s3_\w+_key [^;]+;//g });
--- request
GET /a
--- upstream_request
GET /a HTTP/1.1
Host: bucket

=== TEST 4: a configuration with half of the keys leaves the old one in place
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- init
NginxTest::Nginx::reload(sub { s/s3_secret_key [^;]+;// });
--- request
GET /hello.txt
--- response_body
hello from films
--- error_log
[emerg]
"s3_access_key" requires "s3_secret_key" in the same block
