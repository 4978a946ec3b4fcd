# The service in the credential scope: of the host, or of s3_service.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Location = <<'END';
location / {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_use_headers on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Host $http_host;
    %SETTINGS%
}
END

sub location {
    my ($settings) = @_;

    return $Location =~ s/%SETTINGS%/$settings/r;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: the host names the service
--- config eval: ::location('')
--- request eval: [("GET /a") x 6]
--- more_headers eval
[map { "Host: $_" } 'films.s3.eu-west-1.amazonaws.com',
    'films-1.s3-object-lambda.eu-west-1.amazonaws.com',
    'films-1.op-2.s3-outposts.eu-west-1.amazonaws.com',
    'films--euw1-az1--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com',
    'films.bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com', 's3-outposts.example.com']
--- error_code eval: [(200) x 6]
--- upstream_request_like eval
[map { qr{Credential=AKIDTEST00000000001/\d{8}/eu-west-1/$_/aws4_request} }
    qw(s3 s3-object-lambda s3-outposts s3express s3 s3)]

=== TEST 2: s3_service replaces it
--- config eval: ::location('s3_service storage;')
--- request eval: [("GET /a") x 2]
--- more_headers eval
[map { "Host: $_" } 'films.s3.eu-west-1.amazonaws.com',
    'films-1.s3-object-lambda.eu-west-1.amazonaws.com']
--- error_code eval: [200, 200]
--- upstream_request_like eval
[(qr{Credential=AKIDTEST00000000001/\d{8}/eu-west-1/storage/aws4_request}) x 2]

=== TEST 3: a value with variables
--- config eval: ::location('s3_service $arg_service;')
--- request
GET /a?service=s3-outposts
--- upstream_request_like
/eu-west-1/s3-outposts/aws4_request

=== TEST 4: variables without a value
--- config eval: ::location('s3_service $arg_service;')
--- request
GET /a
--- error_code: 500
--- error_log: request not signed and not sent: "s3_service" evaluated to an empty value
--- upstream_count: 0

=== TEST 5: at most 64 characters
--- config eval: ::location('s3_service $arg_service;')
--- request eval: "GET /a?service=" . 's' x 65
--- error_code: 500
--- error_log: request not signed and not sent: "s3_service" evaluated to a value with more than 64 characters
--- upstream_count: 0

=== TEST 6: a region of at most 64 characters
--- config eval
::location('') =~ s/s3_region eu-west-1/s3_region \$arg_region/r
--- request eval: "GET /a?region=" . 'r' x 65
--- error_code: 500
--- error_log: request not signed and not sent: "s3_region" evaluated to a value with more than 64 characters
--- upstream_count: 0

=== TEST 7: a bad value
--- config eval: ::location('s3_service s3/eu;')
--- must_die
--- error_log: invalid value "s3/eu" with a character outside [A-Za-z0-9_-] in "s3_service" directive in

=== TEST 8: a value that is too long
--- config eval: ::location('s3_service ' . 's' x 65 . ';')
--- must_die
--- error_log: with more than 64 characters in "s3_service" directive in

=== TEST 9: the upstream block has precedence over the server block
--- http_config
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    s3_service of-upstream;
    s3_use_headers on;
}
s3_service of-http;
--- config
location /upstream { proxy_pass http://films; }
location /location { s3_service of-location; proxy_pass http://films; }
--- request eval: ["GET /upstream", "GET /location"]
--- error_code eval: [200, 200]
--- upstream_request_like eval
[qr{/eu-west-1/of-upstream/aws4_request}, qr{/eu-west-1/of-location/aws4_request}]

=== TEST 10: twice in a block
--- config eval: ::location('s3_service a; s3_service b;')
--- must_die
--- error_log: "s3_service" directive is duplicate in

=== TEST 11: a multi-region access point is refused
--- config eval: ::location('')
--- request
GET /a
--- more_headers
Host: mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com
--- error_code: 500
--- error_log: request not signed and not sent: multi-region access points require Signature V4A, which is not supported
--- upstream_count: 0
