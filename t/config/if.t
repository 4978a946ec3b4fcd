# if and limit_except: nginx can replace the configuration of a location by that
# of a block in it. Requests are then signed by the same rules.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

# The HTTP version and the Connection header of the request do not depend on the
# version of nginx: heads are compared.
our $Http11 = "proxy_http_version 1.1;\nproxy_set_header Connection '';\n";

our $Bucket = $Http11
    . "upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $Keys}";

our $Signed = qr{
    \A GET[ ]/k\?x=1[ ]HTTP/1\.1\n Host:[ ][^\n]+\n
    x-amz-content-sha256:[ ]\w{64}\n x-amz-date:[ ]\w+\n
    Authorization:[ ]AWS4-HMAC-SHA256[ ]Credential=AKIDTEST00000000001/[^\n]+
    \z
}x;

no_root_location();
run_tests();

__DATA__

=== TEST 1: an if block without a proxy_pass, keys in the location
--- config eval
"$::Http11
location / {
    $::Keys
    if (\$arg_x) { set \$y 1; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 2: an if block without a proxy_pass, keys in the upstream block
--- http_config eval: $::Bucket
--- config
location / {
    if ($arg_x) { set $y 1; }
    proxy_pass http://bucket;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 3: an if block without a proxy_pass, keys in the server
--- config eval
"$::Http11
$::Keys
location / {
    if (\$arg_x) { set \$y 1; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 4: an if block without a proxy_pass, an upstream named by variables
--- http_config eval: $::Bucket
--- config
location / {
    set $name bucket;
    if ($arg_x) { set $y 1; }
    proxy_pass http://$name;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 5: an if block with keys, the proxy_pass in the location
--- config eval
"$::Http11
location / {
    if (\$arg_x) { $::Keys }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request eval
["GET /k?x=1", "GET /k"]
--- upstream_request_like eval
[$::Signed, qr/\AGET \/k HTTP\/1\.1\nHost: [^\n]+\z/]

=== TEST 6: an if block with s3_access_key off, the proxy_pass in the location
--- config eval
"$::Http11
location / {
    $::Keys
    if (\$arg_off) { s3_access_key off; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request eval
["GET /k?x=1", "GET /k?off=1"]
--- upstream_request_like eval
[$::Signed, qr/\AGET \/k\?off=1 HTTP\/1\.1\nHost: [^\n]+\z/]

=== TEST 7: an if block with a proxy_pass, keys in the location
--- config eval
"$::Http11
location / {
    $::Keys
    if (\$arg_x) { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
}"
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 8: an if block with variables in its proxy_pass, fastcgi_pass in the location
--- http_config eval: $::Bucket
--- config
location / {
    set $name bucket;
    if ($arg_x) { proxy_pass http://$name; }
    fastcgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 9: an if block with fastcgi_pass, a proxy_pass with variables in the location
--- http_config eval: $::Bucket
--- config
location / {
    set $name bucket;
    if ($arg_f) { fastcgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT; }
    proxy_pass http://$name;
}
--- request eval
["GET /k?x=1", "GET /k?f=1"]
--- error_code eval
[200, 502]
--- upstream_request_like eval: [$::Signed]

=== TEST 10: the last of several if blocks has precedence
--- config eval
"$::Http11
location / {
    if (\$arg_x) { $::Keys }
    if (\$arg_x) { set \$y 1; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
GET /k?x=1
--- upstream_request_like: \AGET /k\?x=1 HTTP/1\.1\nHost: [^\n]+\z

=== TEST 11: s3_methods applies in an if block
--- http_config eval: $::Bucket
--- config
location / {
    if ($arg_x) { set $y 1; }
    proxy_pass http://bucket;
}
--- request
DELETE /k?x=1
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 12: limit_except, for a method that is not excepted
--- http_config eval: $::Bucket
--- config
location / {
    limit_except PUT { allow all; }
    proxy_pass http://bucket;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 13: limit_except with variables in proxy_pass
--- http_config eval: "map '' \$name { default bucket; }\n$::Bucket"
--- config
location / {
    limit_except PUT { allow all; }
    proxy_pass http://$name;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 14: a proxy_pass in limit_except
--- http_config eval: $::Bucket
--- config
location / {
    limit_except PUT { proxy_pass http://bucket; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
--- request
GET /k?x=1
--- upstream_request_like eval: $::Signed

=== TEST 15: a request that limit_except denies is not sent
--- http_config eval: $::Bucket
--- config
location / {
    s3_methods any;
    limit_except GET { deny all; }
    proxy_pass http://bucket;
}
--- request eval
["GET /k?x=1", "PUT /k\nbody"]
--- error_code eval
[200, 403]
--- upstream_request_like eval: [$::Signed]

=== TEST 16: a handler from one if block and the configuration of another
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    empty_gif;
    if ($arg_a) { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
    if ($arg_b) { set $x 1; }
}
--- request
GET /f/a?a=1&b=1
--- upstream_request_like: ^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/

=== TEST 17: a handler from one if block and the configuration of another, with a method that is not allowed
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    empty_gif;
    if ($arg_a) { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
    if ($arg_b) { set $x 1; }
}
--- request
DELETE /f/a?a=1&b=1
--- error_code: 405
--- upstream_count: 0
