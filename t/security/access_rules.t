# Access rules are checked before s3_methods: error_page 405 redirects only requests
# that the rules allow.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

# A location with $rules that signs GET, and one that signs what is refused there.
sub write_behind {
    my ($rules) = @_;

    return <<"END";
$Keys
location /f/ {
    $rules
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    error_page 405 = \@write;
}
location \@write {
    s3_methods PUT POST DELETE;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END
}

our $Password = <<'END';
    auth_basic s3;
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwords;
END

our @Writes = ("PUT /f/a\ntext", "POST /f/a\ntext", 'DELETE /f/a');

no_root_location();
run_tests();

__DATA__

=== TEST 1: auth_basic: without a password no method is signed
--- user_files
>>> passwords
user:{PLAIN}secret
--- config eval: main::write_behind($::Password)
--- request eval: \@::Writes
--- error_code eval: [401, 401, 401]
--- upstream_count: 0

=== TEST 2: auth_basic: with the password error_page redirects, and the response has no Allow header
--- user_files
>>> passwords
user:{PLAIN}secret
--- config eval: main::write_behind($::Password)
--- more_headers
Authorization: Basic dXNlcjpzZWNyZXQ=
--- request eval: \@::Writes
--- error_code eval: [200, 200, 200]
--- response_headers eval: ['! Allow', '! Allow', '! Allow']
--- upstream_request_like eval
[map { qr{\A$_ /f/a HTTP.*^Authorization: AWS4-HMAC-SHA256 }ms } qw(PUT POST DELETE)]

=== TEST 3: deny
--- config eval: main::write_behind('deny all;')
--- request eval: \@::Writes
--- error_code eval: [403, 403, 403]
--- upstream_count: 0

=== TEST 4: limit_except
--- config eval: main::write_behind('limit_except GET { deny all; }')
--- request eval: \@::Writes
--- error_code eval: [403, 403, 403]
--- upstream_count: 0

=== TEST 5: auth_request
--- config eval
main::write_behind('auth_request /auth;')
. 'location = /auth { internal; return 403; }'
--- request eval: \@::Writes
--- error_code eval: [403, 403, 403]
--- upstream_count: 0

=== TEST 6: satisfy any, and no rule is satisfied
--- user_files
>>> passwords
user:{PLAIN}secret
--- config eval: main::write_behind("satisfy any; deny all; $::Password")
--- request eval: \@::Writes
--- error_code eval: [401, 401, 401]
--- upstream_count: 0

=== TEST 7: satisfy any, and an address is satisfied
--- user_files
>>> passwords
user:{PLAIN}secret
--- config eval
main::write_behind("satisfy any; allow 127.0.0.1; deny all; $::Password")
--- request eval: \@::Writes
--- error_code eval: [200, 200, 200]
--- upstream_count: 3

=== TEST 8: satisfy any: a method that s3_methods refuses does not grant access
--- user_files
>>> passwords
user:{PLAIN}secret
--- config eval
"$::Keys
location /f/ {
    satisfy any;
    deny all;
    $::Password
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request eval: [@::Writes, 'GET /f/a']
--- error_code eval: [401, 401, 401, 401]
--- upstream_count: 0

=== TEST 9: a redirect by error_page has no Allow header
--- config eval
"$::Keys
location /f/ {
    error_page 405 http://other.example/;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
DELETE /f/a
--- error_code: 302
--- response_headers
! Allow
--- upstream_count: 0

=== TEST 10: an error_page with another status has no Allow header
--- config eval
"$::Keys
location = /sorry { return 200 'only GET and HEAD'; }
location /f/ {
    error_page 405 =403 /sorry;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
DELETE /f/a
--- error_code: 403
--- response_headers
! Allow
--- upstream_count: 0

=== TEST 11: an upstream's own 405 has the Allow header of the upstream
--- config eval: main::write_behind('')
--- request
PUT /f/a
text
--- upstream_response
HTTP/1.1 405 Method Not Allowed
Allow: PATCH
Content-Length: 0

--- error_code: 405
--- response_headers
Allow: PATCH

=== TEST 12: after another upstream, the 405 has the Allow header of the module
--- config eval
"location / {
    proxy_intercept_errors on;
    error_page 404 405 = \@signed;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location \@signed { $::Keys proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }"
--- request eval: ['DELETE /a', 'DELETE /b']
--- upstream_response eval
["HTTP/1.1 404 Not Found\nContent-Length: 0\n\n",
 "HTTP/1.1 405 Method Not Allowed\nAllow: PATCH\nContent-Length: 0\n\n"]
--- error_code eval: [405, 405]
--- response_headers eval: ['Allow: GET, HEAD', 'Allow: GET, HEAD']

=== TEST 13: mirror: a method that is refused is not mirrored
--- config eval
"$::Keys
location /f/ {
    mirror /m;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location = /m {
    internal;
    s3_methods any;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- request
DELETE /f/a
--- error_code: 405
--- upstream_count: 0
