# What nginx warns of when it reads a configuration that it takes.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: credentials of a location without a region
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 2: credentials of an upstream without a region
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    proxy_pass http://s3;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 3: credentials of a server without a region
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 4: credentials of http without a region
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 5: one warning for credentials that many locations use
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /g/h/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 6: one warning for an upstream that many locations use
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    proxy_pass http://s3;
}
location /g/ {
    proxy_pass http://s3/g/;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 7: one warning for each s3_access_key
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
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 8: one warning though only one of two locations has no region
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 9: no warning with a region in the same block
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 10: no warning with a region in the block around
--- http_config
s3_region eu-west-1;
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 11: no warning with a region in the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://s3;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 12: no warning with a region in the location and keys in the upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://s3;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 13: no warning with a region in the location and keys at http level
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 14: no warning with a region of variables
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region $arg_region;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 15: no warning with s3_access_key off
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 16: no warning for credentials that are switched off wherever they might be used
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 17: no warning for credentials at http level that nothing uses
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    return 204;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 18: no warning for credentials of an upstream that nothing uses
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 19: no warning for credentials at http level where the upstream has its own
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
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 20: a proxy_pass with variables may choose an upstream with a region
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
}
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    set $up s3;
    proxy_pass http://$up;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 21: a proxy_pass with variables where no upstream has a region
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    set $up 127.0.0.1;
    proxy_pass http://$up;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 22: an upstream with keys that only a proxy_pass with variables may choose
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    set $up s3;
    proxy_pass http://$up;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 23: a region in another location changes nothing
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /g/ {
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" without "s3_region" signs with Signature V2, which most regions refuse, in

=== TEST 24: credentials beside a return
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    return 204;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 25: credentials beside a root
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    root html;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 26: credentials beside an alias, and without a region
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    alias html/;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 27: credentials beside fastcgi_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    fastcgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 28: credentials beside uwsgi_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    uwsgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 29: credentials beside scgi_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    scgi_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 30: credentials beside memcached_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    set $memcached_key k;
    memcached_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 31: credentials beside grpc_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    grpc_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 32: credentials beside fastcgi_pass with variables
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    fastcgi_pass $arg_x:9000;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 33: credentials beside empty_gif
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    empty_gif;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 34: credentials in a location without anything
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 35: a proxy_pass in the location around does not count: nginx does not inherit it
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /f/g/ {
        s3_access_key AKIDTEST00000000001;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        s3_region eu-west-1;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 36: credentials of an if block whose location has no proxy_pass
--- config
location /f/ {
    if ($arg_x) {
        s3_access_key AKIDTEST00000000001;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
        s3_region eu-west-1;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 37: one warning for each location
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
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 38: no warning if a nested location has the proxy_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    location /f/g/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 39: no warning if a location nested three deep has the proxy_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    location /f/g/ {
        location /f/g/h/ {
            proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 40: no warning if an if block has the proxy_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    if ($arg_x) {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 41: no warning if a limit_except block has the proxy_pass
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    limit_except GET {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 42: no warning if the credentials stand in an if block beside the proxy_pass
--- config
location /f/ {
    s3_region eu-west-1;
    if ($arg_x) {
        s3_access_key AKIDTEST00000000001;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
    }
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 43: no warning if the proxy_pass has variables
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    set $up 127.0.0.1;
    proxy_pass http://$up;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 44: no warning for s3_access_key off without a proxy_pass
--- config
location /f/ {
    s3_access_key off;
    return 204;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 45: a warning if each nested location has keys of its own
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
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 46: a warning if each nested location is switched off
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_region eu-west-1;
    location /f/g/ {
        s3_access_key off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- grep_error_log eval
qr{"s3_\w+".* in(?= \S+/nginx\.conf:\d+$)}
--- grep_error_log_out
"s3_access_key" has no effect in a location without "proxy_pass" in

=== TEST 47: no warning for credentials of a server without a proxy_pass
--- config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_region eu-west-1;
location /f/ {
    return 204;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 48: no warning for credentials of http without a proxy_pass
--- http_config
s3_access_key AKIDTEST00000000001;
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_region eu-west-1;
--- config
location /f/ {
    return 204;
}
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- no_error_log
[warn]

=== TEST 49: the warning tells the line of s3_access_key
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
location = /probe { return 204; }
--- request
GET /probe
--- error_code: 204
--- error_log eval
[qr{\[warn\] .*"s3_access_key" without "s3_region" .* in \S+/html/bucket\.conf:4$},
 qr{\[warn\] .*"s3_access_key" has no effect .* in \S+/html/bucket\.conf:4$}]
