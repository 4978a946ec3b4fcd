# Warnings about a configuration that nginx accepts.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = '$TEST_NGINX_KEYS
s3_region eu-west-1;
';
our $OtherKeys = 's3_access_key AKIDTEST00000000002;
s3_secret_key SecretCanary/With+Signs0000000000000001;
';
our $Here = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;';

# An upstream block of this name with these directives.
sub upstream {
    my ($name, $directives) = @_;

    return "upstream $name {
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    $directives
}
";
}

# The messages, without the file and the line.
our $Warnings = qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)};

no_root_location();
run_tests();

__DATA__

=== TEST 1: credentials without a region in %context%
--- cases
context  | http             | upstream         | server           | location
http     | $TEST_NGINX_KEYS |                  |                  |
upstream |                  | $TEST_NGINX_KEYS |                  |
server   |                  |                  | $TEST_NGINX_KEYS |
location |                  |                  |                  | $TEST_NGINX_KEYS
--- http_config
%http%
upstream s3 { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; %upstream% }
--- config
%server%
location /f/ { %location% proxy_pass http://s3; }
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 2: one warning for credentials that many locations use
--- config
$TEST_NGINX_KEYS
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /g/h/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 3: one warning for an upstream that many locations use
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    proxy_pass http://s3;
}
location /g/ {
    proxy_pass http://s3/g/;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 4: one warning for each s3_access_key
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 5: one warning if one of two locations has no region
--- config
$TEST_NGINX_KEYS
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 6: no warning with a region in the same block
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 7: no warning with a region in the enclosing block
--- http_config
s3_region eu-west-1;
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 8: no warning with a region in the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    proxy_pass http://s3;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 9: no warning with a region in the location and keys in the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://s3;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 10: no warning with a region in the location and keys at http level
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 11: no warning with a region of variables
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 12: no warning with s3_access_key off
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 13: no warning for credentials that are off in all locations
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 14: no warning for credentials at http level that nothing uses
--- http_config
$TEST_NGINX_KEYS
--- config
location /f/ {
    return 204;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 15: credentials of an upstream that nothing uses
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in an upstream that no "proxy_pass" uses in

=== TEST 16: no warning for credentials at http level where the upstream has its own
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
}
--- config
location /f/ {
    proxy_pass http://s3;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 17: a proxy_pass with variables may choose an upstream with a region
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
--- config
location /f/ {
    $TEST_NGINX_KEYS
    set $up s3;
    proxy_pass http://$up;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 18: a proxy_pass with variables where no upstream has a region
--- config
location /f/ {
    $TEST_NGINX_KEYS
    set $up 127.0.0.1;
    proxy_pass http://$up;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 19: an upstream with keys that only a proxy_pass with variables may choose
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location /f/ {
    set $up s3;
    proxy_pass http://$up;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 20: a region in another location changes nothing
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /g/h/ {
        s3_access_key AKIDTEST00000000002;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 21: credentials with %what%
--- cases
what                        | directives
return                      | return 204;
root                        | root html;
fastcgi_pass                | fastcgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
uwsgi_pass                  | uwsgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
scgi_pass                   | scgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
memcached_pass              | set $memcached_key k; memcached_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
grpc_pass                   | grpc_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
fastcgi_pass with variables | fastcgi_pass $arg_x:9000;
empty_gif                   | empty_gif;
no other directive          |
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    %directives%
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 22: credentials with an alias, and without a region
--- config
location /f/ {
    $TEST_NGINX_KEYS
    alias html/;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 23: a proxy_pass in the enclosing location has no effect: nginx does not inherit it
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /f/g/ {
        $TEST_NGINX_KEYS
        s3_region eu-west-1;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 24: credentials of an if block whose location has no proxy_pass
--- config
location /f/ {
    if ($arg_x) {
        $TEST_NGINX_KEYS
        s3_region eu-west-1;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 25: one warning for each location
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
}
location /g/ {
    s3_access_key AKIDTEST00000000002;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 26: no warning if a nested location has the proxy_pass
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    location /f/g/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 27: no warning if a location nested three deep has the proxy_pass
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    location /f/g/ {
        location /f/g/h/ {
            proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 28: no warning if an if block has the proxy_pass
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    if ($arg_x) {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 29: no warning if a limit_except block has the proxy_pass
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    limit_except GET {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 30: no warning if the credentials are in an if block and the proxy_pass in its location
--- config
location /f/ {
    s3_region eu-west-1;
    if ($arg_x) {
        $TEST_NGINX_KEYS
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 31: no warning if the proxy_pass has variables
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    set $up 127.0.0.1;
    proxy_pass http://$up;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 32: no warning for s3_access_key off without a proxy_pass
--- config
location /f/ {
    s3_access_key off;
    return 204;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 33: a warning if each nested location has keys of its own
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    location /f/g/ {
        s3_access_key AKIDTEST00000000002;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 34: a warning if signing is off in each nested location
--- config
location /f/ {
    $TEST_NGINX_KEYS
    s3_region eu-west-1;
    location /f/g/ {
        s3_access_key off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 35: no warning for credentials of a server without a proxy_pass
--- config
$TEST_NGINX_KEYS
s3_region eu-west-1;
location /f/ {
    return 204;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 36: no warning for credentials of http without a proxy_pass
--- http_config
$TEST_NGINX_KEYS
s3_region eu-west-1;
--- config
location /f/ {
    return 204;
}
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 37: the warning has the line of s3_access_key
--- user_files
>>> bucket.conf
# A comment.

s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_access_key AKIDTEST00000000001;
--- config
location /f/ {
    include $TEST_NGINX_HTML_DIR/bucket.conf;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    include $TEST_NGINX_HTML_DIR/bucket.conf;
}
--- request
GET /probe
--- error_code: 404
--- error_log eval
[qr{\[warn\] .*"s3_access_key" without "s3_region" .* in \S+/html/bucket\.conf:4$},
 qr{\[warn\] .*"s3_access_key" has no effect .* in \S+/html/bucket\.conf:4$}]

=== TEST 38: credentials of a server that sign for a bucket and for an application
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }
location /app/ { proxy_pass http://127.0.0.2:9; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" signs requests to several hosts, such as "127.0.0.1" and "127.0.0.2", in

=== TEST 39: credentials of http, an upstream block and a literal host; one warning for three hosts
--- http_config eval
"$::Keys" . ::upstream("films", "")
--- config eval
"location /f/ { proxy_pass http://films; }
location /app/ { proxy_pass http://127.0.0.2:9; }
location /more/ { $::Here }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" signs requests to several hosts, such as "films" and "127.0.0.2", in

=== TEST 40: an authentication server is a host
--- config eval
"$::Keys
location /f/ { auth_request /auth; proxy_pass http://127.0.0.1:9; }
location = /auth { internal; proxy_pass http://127.0.0.2:9/; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" signs requests to several hosts, such as "127.0.0.1" and "127.0.0.2", in

=== TEST 41: an if block with a proxy_pass to another host
--- config eval
"$::Keys
location /f/ { if (\$arg_x) { proxy_pass http://127.0.0.2:9; } proxy_pass http://127.0.0.1:9; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" signs requests to several hosts, such as "127.0.0.1" and "127.0.0.2", in

=== TEST 42: another port is not another host
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }
location /g/ { proxy_pass https://127.0.0.1; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 43: the name of an upstream in another case is not another host
--- http_config eval
::upstream("films", "")
--- config eval
"$::Keys
location /f/ { proxy_pass http://films; }
location /g/ { proxy_pass http://Films; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 44: no warning where signing is off for the other host
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }
location /app/ { s3_access_key off; proxy_pass http://127.0.0.2:9; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 45: no warning where the other host has credentials of its own
--- http_config eval
::upstream("films", $::Keys)
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }
location /g/ { $::OtherKeys proxy_pass http://127.0.0.2:9; }
location /h/ { proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 46: no warning for a host in variables
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }
location /g/ { proxy_pass http://\$arg_x; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 47: no warning for credentials of a location and of an upstream
--- http_config eval
::upstream("films", $::Keys)
--- config eval
"location /f/ { $::Keys proxy_pass http://127.0.0.1:9; location /f/g/ { proxy_pass http://127.0.0.2:9; } }
location /h/ { proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 48: two servers' credentials, each for one host
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_SERVER_PORT;
    server_name other;
    $::OtherKeys s3_region eu-west-1;
    location / { proxy_pass http://127.0.0.2:9; }
}"
--- config eval
"$::Keys
location /f/ { proxy_pass http://127.0.0.1:9; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 49: credentials of an upstream that no proxy_pass uses, and of one that is used
--- http_config eval
::upstream("films", $::Keys) . ::upstream("music", $::Keys)
--- config eval
"location /f/ { proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect in an upstream that no "proxy_pass" uses in

=== TEST 50: no warning if an if block, or a nested location, uses it
--- http_config eval
::upstream("films", $::Keys) . ::upstream("music", $::Keys)
--- config eval
"location /f/ { if (\$arg_x) { proxy_pass http://films; } }
location /g/ { location /g/h/ { proxy_pass http://music; } }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 51: no warning if the location has other credentials, or none
--- http_config eval
::upstream("films", $::Keys) . ::upstream("music", $::Keys)
--- config eval
"location /f/ { $::Keys proxy_pass http://films; }
location /g/ { s3_access_key off; proxy_pass http://music; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 52: no warning if variables may choose it
--- http_config eval
::upstream("films", $::Keys)
--- config eval
"location /f/ { s3_access_key off; proxy_pass http://\$arg_x; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 53: no warning for s3_access_key off in an upstream that nothing uses
--- http_config eval
::upstream("films", "s3_access_key off;")
--- config eval
""
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 54: %directive% without credentials, on all levels
--- cases
directive         | value
s3_region         | eu-west-1
s3_use_headers    | on
s3_methods        | any
s3_bucket_in_host | on
--- http_config
%directive% %value%;
--- config
%directive% %value%;
location /f/ {
    %directive% %value%;
    if ($arg_x) { %directive% %value%; }
    limit_except GET { %directive% %value%; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"%directive%" has no effect without "s3_access_key" in
"%directive%" has no effect without "s3_access_key" in
"%directive%" has no effect without "s3_access_key" in
"%directive%" has no effect without "s3_access_key" in
"%directive%" has no effect without "s3_access_key" in

=== TEST 55: %directive% in an upstream without credentials
--- cases
directive         | value
s3_region         | eu-west-1
s3_use_headers    | on
s3_bucket_in_host | on
--- http_config eval: ::upstream('films', '%directive% %value%;')
--- config
location /f/ { proxy_pass http://films; }
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"%directive%" has no effect without "s3_access_key" in

=== TEST 56: without credentials for the upstream of the location, with credentials in another
--- http_config eval
::upstream("films", $::Keys) . ::upstream("app", "s3_use_headers on;")
--- config eval
"location /f/ { s3_region eu-west-1; proxy_pass http://app; }
location /g/ { proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_region" has no effect without "s3_access_key" in
"s3_use_headers" has no effect without "s3_access_key" in

=== TEST 57: with s3_access_key off
--- config eval
"$::Keys
location /f/ { s3_access_key off; s3_use_headers on; $::Here }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_use_headers" has no effect without "s3_access_key" in

=== TEST 58: an upstream without credentials that nothing uses
--- http_config eval
::upstream("films", "s3_region eu-west-1;")
--- config eval
"$::Keys location /f/ { $::Here }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_region" has no effect without "s3_access_key" in

=== TEST 59: no warning with credentials in a nested location
--- http_config eval
"s3_region us-east-1;"
--- config eval
"s3_use_headers on; location /f/ { s3_methods any; s3_bucket_in_host on; location /f/g/ { $::Keys $::Here } }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 60: no warning with credentials in an enclosing block
--- http_config eval
"$::Keys"
--- config eval
"location /f/ { s3_region eu-west-1; s3_methods any; $::Here }
location /g/ { s3_use_headers on; if (\$arg_x) { s3_region eu-west-1; } return 204; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 61: no warning with credentials in the upstream
--- http_config eval
"s3_region us-east-1;" . ::upstream("films", $::OtherKeys)
--- config eval
"s3_use_headers on; location /f/ { s3_methods any; proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 62: no warning if variables may select an upstream with credentials
--- http_config eval
::upstream("films", $::Keys) . ::upstream("app", "s3_region us-east-1;")
--- config eval
"location /f/ { s3_use_headers on; s3_methods any; proxy_pass http://\$arg_x; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 63: no warning if variables of a location with credentials may select the upstream
--- http_config eval
::upstream("app", "s3_region us-east-1;")
--- config eval
"location /f/ { $::OtherKeys proxy_pass http://\$arg_x; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 64: no warning if a server with credentials uses the upstream
--- http_config eval
::upstream("app", "s3_region us-east-1;")
--- config eval
"$::OtherKeys location /f/ { proxy_pass http://app; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 65: no warning if the access key has variables
--- config eval
"s3_use_headers on; location /f/ { s3_access_key \$arg_id; s3_secret_key \$arg_secret; s3_region \$arg_region; $::Here }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 66: %directive% to an upstream with credentials, twice
--- cases
directive      | set
fastcgi_pass   |
uwsgi_pass     |
scgi_pass      |
grpc_pass      |
memcached_pass | set $memcached_key k;
--- http_config eval: ::upstream('films', $::Keys)
--- config
%set%
location /f/ { %directive% films; }
location /g/ { if ($arg_x) { set $y 1; } %directive% films; }
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect on requests of "%directive%" in

=== TEST 67: two protocols, and a proxy_pass that uses the upstream
--- http_config eval
::upstream("films", $::Keys)
--- config eval
"location /f/ { fastcgi_pass films; }
location /g/ { scgi_pass films; }
location /h/ { proxy_pass http://films; }"
--- request
GET /probe
--- error_code: 404
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect on requests of "fastcgi_pass" in
"s3_access_key" has no effect on requests of "scgi_pass" in

=== TEST 68: no warning for fastcgi_pass to an upstream without credentials, or to a literal host
--- http_config eval
::upstream("app", "") . ::upstream("off", "s3_access_key off;")
--- config eval
"$::Keys location /f/ { fastcgi_pass app; }
location /g/ { fastcgi_pass 127.0.0.1:9; }
location /h/ { uwsgi_pass off; }"
--- request
GET /probe
--- error_code: 404
--- no_error_log
[warn]

=== TEST 69: the warnings have the line of the directive
--- user_files
>>> bucket.conf
# A comment.

s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_access_key AKIDTEST00000000001;
>>> region.conf

s3_region eu-west-1;
--- http_config
include $TEST_NGINX_HTML_DIR/region.conf;
upstream films {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    include $TEST_NGINX_HTML_DIR/bucket.conf;
}
server {
    listen 127.0.0.1:$TEST_NGINX_SERVER_PORT;
    server_name other;
    include $TEST_NGINX_HTML_DIR/bucket.conf;
    location /f/ { proxy_pass http://127.0.0.1:9; }
    location /g/ { proxy_pass http://127.0.0.2:9; }
}
--- config
location /f/ {
    s3_access_key off;
    include $TEST_NGINX_HTML_DIR/region.conf;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /probe
--- error_code: 404
--- error_log eval
[qr{\[warn\] .*"s3_access_key" signs requests to several hosts, .* in \S+/html/bucket\.conf:4$},
 qr{\[warn\] .*"s3_access_key" has no effect in an upstream .* in \S+/html/bucket\.conf:4$},
 qr{\[warn\] .*"s3_region" has no effect .* in \S+/html/region\.conf:2$}]

=== TEST 70: tunnel_pass to an upstream with credentials
--- skip_eval: 2: !do { local (@ARGV, $/) = $ENV{TEST_NGINX_BINARY}; <> =~ /tunnel_pass/ }
--- http_config eval
::upstream("films", $::Keys)
--- config
location / { tunnel_pass films; }
--- request
GET /probe
--- ignore_response
--- grep_error_log eval: $::Warnings
--- grep_error_log_out
"s3_access_key" has no effect on requests of "tunnel_pass" in
