# Directives in limit_except: they apply to the methods that the block limits.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Location = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
proxy_pass     http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
END

no_root_location();
run_tests();

__DATA__

=== TEST 1: other methods are proxied to an application, unsigned
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "app: $request_method $http_authorization $args\n"; }
}
--- config eval
"location / {
    $::Location
    limit_except GET {
        s3_access_key off;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
}"
--- request eval
["GET /a", "HEAD /a", "PUT /a\ntext"]
--- error_code eval: [200, 200, 200]
--- response_body eval
["upstream ok\n", '', "app: PUT  \n"]
--- upstream_request_like eval
[qr{\AGET /a .*^Authorization: AWS4}ms, qr{\AHEAD /a .*^Authorization: AWS4}ms]

=== TEST 2: other methods are signed with other keys
--- config eval
"location / {
    $::Location
    limit_except GET {
        s3_methods    PUT;
        s3_access_key AKIDTEST00000000002;
        s3_secret_key SecretCanary/With+Signs0000000000000002;
        proxy_pass    http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }
}"
--- request eval
["GET /a", "PUT /a\ntext", "DELETE /a"]
--- error_code eval: [200, 200, 405]
--- response_headers eval
['! Allow', '! Allow', 'Allow: PUT']
--- upstream_request_like eval
[qr{\AGET /a .*^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/}ms,
 qr{\APUT /a .*^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/}ms]

=== TEST 3: all directives are allowed
--- config eval
"location / {
    $::Location
    limit_except GET {
        s3_methods        PUT;
        s3_access_key     AKIDTEST00000000002;
        s3_secret_key     SecretCanary/With+Signs0000000000000002;
        s3_security_token Token;
        s3_region         eu-west-1;
        s3_use_headers    off;
        s3_bucket_in_host on;
        proxy_pass        http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }
}"
--- request
PUT /a
text
--- upstream_request_like
\APUT /a\?X-Amz-Algorithm=.*Credential=AKIDTEST00000000002%2F\d+%2Feu-west-1%2F.*&X-Amz-Security-Token=Token&

=== TEST 4: without keys of its own the block has those of the location
--- config eval
"location / {
    $::Location
    limit_except GET { s3_methods PUT; }
}"
--- request eval
["PUT /a\ntext", "DELETE /a"]
--- error_code eval: [200, 405]
--- upstream_request_like
\APUT /a .*^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/

=== TEST 5: an access key without a secret key is rejected
--- config eval
"location / {
    $::Location
    limit_except GET { s3_access_key AKIDTEST00000000002; }
}"
--- must_die
--- error_log
"s3_access_key" requires "s3_secret_key" in the same block in
