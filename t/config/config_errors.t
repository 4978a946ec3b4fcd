# Configurations that nginx refuses, and what it says of them.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

no_root_location();
run_tests();

__DATA__

=== TEST 1: s3_access_key without s3_secret_key in a location
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 2: s3_access_key without s3_secret_key in a server
--- config
s3_access_key AKIDTEST00000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 3: s3_access_key without s3_secret_key in http
--- http_config
s3_access_key AKIDTEST00000000001;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 4: s3_access_key without s3_secret_key in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
}
--- config
location /f/ { proxy_pass http://s3; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 5: s3_access_key without s3_secret_key in an if block
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    if ($uri) {
        s3_access_key AKIDTEST00000000001;
    }
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 6: s3_secret_key without s3_access_key in a location
--- config
location /f/ {
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 7: s3_secret_key without s3_access_key in a server
--- config
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 8: s3_secret_key without s3_access_key in http
--- http_config
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 9: s3_secret_key without s3_access_key in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ { proxy_pass http://s3; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 10: s3_secret_key without s3_access_key in an if block
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    if ($uri) {
        s3_secret_key SecretCanary/With+Signs0000000000000001;
    }
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 11: s3_security_token without keys in a location
--- config
location /f/ {
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 12: s3_security_token without keys in a server
--- config
s3_security_token TokenCanary/With+Signs0000000000000001==;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 13: s3_security_token without keys in http
--- http_config
s3_security_token TokenCanary/With+Signs0000000000000001==;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 14: s3_security_token without keys in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
}
--- config
location /f/ { proxy_pass http://s3; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 15: s3_security_token without keys in an if block
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    if ($uri) {
        s3_security_token TokenCanary/With+Signs0000000000000001==;
    }
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 16: s3_access_key and s3_security_token without s3_secret_key
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 17: s3_secret_key and s3_security_token without s3_access_key
--- config
location /f/ {
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary
TokenCanary

=== TEST 18: the secret key of the block around does not complete an access key
--- http_config
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_access_key AKIDTEST00000000001;
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 19: the keys of the block around do not complete a token
--- http_config
s3_secret_key SecretCanary/With+Signs0000000000000001;
s3_access_key AKIDTEST00000000001;
--- config
location /f/ {
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 20: the keys of the upstream do not complete a token
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ {
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://s3;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" requires "s3_access_key" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 21: keys of which nothing makes use are checked as well
--- http_config
upstream unused {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 22: s3_secret_key beside s3_access_key off in a location
--- config
location /f/ {
    s3_access_key off;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 23: s3_secret_key beside s3_access_key off in a server
--- config
s3_access_key off;
s3_secret_key SecretCanary/With+Signs0000000000000001;
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 24: s3_secret_key beside s3_access_key off in http
--- http_config
s3_access_key off;
s3_secret_key SecretCanary/With+Signs0000000000000001;
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 25: s3_secret_key beside s3_access_key off in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
location /f/ { proxy_pass http://s3; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 26: s3_secret_key beside s3_access_key off in an if block
--- config
location /f/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    if ($uri) {
        s3_access_key off;
        s3_secret_key SecretCanary/With+Signs0000000000000001;
    }
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 27: s3_security_token beside s3_access_key off
--- config
location /f/ {
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_access_key off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
TokenCanary

=== TEST 28: s3_access_key twice in a location
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_access_key AKIDTEST00000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 29: s3_secret_key twice in a location
--- config
location /f/ {
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 30: s3_security_token twice in a location
--- config
location /f/ {
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 31: s3_region twice in a location
--- config
location /f/ {
    s3_region eu-west-1;
    s3_region us-east-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 32: s3_use_headers twice in a location
--- config
location /f/ {
    s3_use_headers on;
    s3_use_headers off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_use_headers" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 33: s3_bucket_in_host twice in a location
--- config
location /f/ {
    s3_bucket_in_host on;
    s3_bucket_in_host on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_bucket_in_host" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 34: s3_methods twice in a location
--- config
location /f/ {
    s3_methods GET;
    s3_methods PUT;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_methods" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 35: s3_access_key twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
    s3_access_key AKIDTEST00000000001;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 36: s3_secret_key twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 37: s3_security_token twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 38: s3_region twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region eu-west-1;
    s3_region us-east-1;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 39: s3_use_headers twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_use_headers on;
    s3_use_headers off;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_use_headers" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 40: s3_bucket_in_host twice in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_bucket_in_host on;
    s3_bucket_in_host on;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_bucket_in_host" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 41: s3_region twice in http
--- http_config
s3_region a;
s3_region a;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is duplicate in \S+/nginx\.conf:\d+$}

=== TEST 42: s3_region twice in a server
--- config
s3_region a;
s3_region a;
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is duplicate in \S+/nginx\.conf:\d+$}

=== TEST 43: s3_access_key off and an access key in one block
--- config
location /f/ {
    s3_access_key off;
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
SecretCanary

=== TEST 44: an empty s3_access_key
--- config
location /f/ {
    s3_access_key "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "s3_access_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 45: an empty s3_secret_key
--- config
location /f/ {
    s3_secret_key "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 46: an empty s3_security_token
--- config
location /f/ {
    s3_security_token "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "s3_security_token" directive in \S+/nginx\.conf:\d+$}

=== TEST 47: an empty s3_region
--- config
location /f/ {
    s3_region "";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 48: an empty s3_region in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region "";
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 49: a space in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 50: a line feed in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary\nx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 51: a tab in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary\tx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 52: a DEL in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary\x7fx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 53: a character outside ASCII in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary\xc3\xa9x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 54: a byte that is not UTF-8 in s3_access_key, and the value is not shown
--- config eval
qq{s3_access_key "Canary\xffx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_access_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 55: a space in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 56: a line feed in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary\nx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 57: a tab in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary\tx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 58: a DEL in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary\x7fx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 59: a character outside ASCII in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary\xc3\xa9x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 60: a byte that is not UTF-8 in s3_secret_key, and the value is not shown
--- config eval
qq{s3_secret_key "SecretCanary\xffx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 61: a space in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 62: a line feed in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary\nx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 63: a tab in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary\tx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 64: a DEL in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary\x7fx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 65: a character outside ASCII in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary\xc3\xa9x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 66: a byte that is not UTF-8 in s3_security_token, and the value is not shown
--- config eval
qq{s3_security_token "TokenCanary\xffx";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "s3_security_token" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 67: a NUL in s3_secret_key
--- config eval
qq{s3_secret_key "SecretCanary\0x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key"}
--- no_error_log
Canary

=== TEST 68: a space in s3_region
--- config eval
qq{s3_region "eu west";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 69: a slash in s3_region
--- config eval
qq{s3_region "eu/west";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 70: a dot in s3_region
--- config eval
qq{s3_region "eu.west";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 71: a line feed in s3_region
--- config eval
qq{s3_region "eu\nwest";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*|west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 72: a character outside ASCII in s3_region
--- config eval
qq{s3_region "eu\xc3\xa9west";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 73: a comma in s3_region
--- config eval
qq{s3_region "eu,west";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 74: s3_use_headers maybe
--- config
set $on on;
s3_use_headers maybe;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "maybe" in "s3_use_headers" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 75: s3_use_headers ""
--- config
set $on on;
s3_use_headers "";
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "" in "s3_use_headers" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 76: s3_use_headers 1
--- config
set $on on;
s3_use_headers 1;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "1" in "s3_use_headers" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 77: s3_use_headers $on
--- config
set $on on;
s3_use_headers $on;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "\$on" in "s3_use_headers" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 78: s3_bucket_in_host maybe
--- config
set $on on;
s3_bucket_in_host maybe;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "maybe" in "s3_bucket_in_host" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 79: s3_bucket_in_host ""
--- config
set $on on;
s3_bucket_in_host "";
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "" in "s3_bucket_in_host" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 80: s3_bucket_in_host 1
--- config
set $on on;
s3_bucket_in_host 1;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "1" in "s3_bucket_in_host" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 81: s3_bucket_in_host $on
--- config
set $on on;
s3_bucket_in_host $on;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "\$on" in "s3_bucket_in_host" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 82: s3_methods: a method that S3 does not have
--- config
s3_methods GET FETCH;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "FETCH" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 83: s3_methods: a method in small letters
--- config
s3_methods get;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "get" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 84: s3_methods: the same method twice
--- config
s3_methods GET PUT GET;
--- must_die
--- error_log eval
qr{\[emerg\] .*duplicate method "GET" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 85: s3_methods: any beside another method
--- config
s3_methods GET any;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "any" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 86: s3_methods: any before another method
--- config
s3_methods any GET;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "any" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 87: s3_methods: any in capital letters
--- config
s3_methods ANY;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "ANY" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 88: s3_methods: an empty method
--- config
s3_methods "";
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 89: s3_methods: HEAD twice
--- config
s3_methods HEAD HEAD;
--- must_die
--- error_log eval
qr{\[emerg\] .*duplicate method "HEAD" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 90: s3_methods: variables
--- config
s3_methods $request_method;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "\$request_method" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 91: s3_access_key outside http
--- main_config
s3_access_key a;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 92: s3_secret_key outside http
--- main_config
s3_secret_key a;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 93: s3_security_token outside http
--- main_config
s3_security_token a;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 94: s3_region outside http
--- main_config
s3_region a;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 95: s3_use_headers outside http
--- main_config
s3_use_headers on;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_use_headers" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 96: s3_bucket_in_host outside http
--- main_config
s3_bucket_in_host on;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_bucket_in_host" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 97: s3_methods outside http
--- main_config
s3_methods GET;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_methods" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 98: s3_access_key in an if block of a server
--- config
if ($uri) { s3_access_key a; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 99: s3_secret_key in an if block of a server
--- config
if ($uri) { s3_secret_key a; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 100: s3_security_token in an if block of a server
--- config
if ($uri) { s3_security_token a; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_security_token" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 101: s3_region in an if block of a server
--- config
if ($uri) { s3_region a; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 102: s3_use_headers in an if block of a server
--- config
if ($uri) { s3_use_headers on; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_use_headers" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 103: s3_bucket_in_host in an if block of a server
--- config
if ($uri) { s3_bucket_in_host on; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_bucket_in_host" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 104: s3_methods in an if block of a server
--- config
if ($uri) { s3_methods GET; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_methods" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 105: s3_methods in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_methods GET;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_methods" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 106: s3_region in events
--- main_config
events { s3_region a; }
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 107: s3_access_key without a value
--- config
s3_access_key;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_access_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 108: s3_secret_key without a value
--- config
s3_secret_key;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 109: s3_security_token without a value
--- config
s3_security_token;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_security_token" directive in \S+/nginx\.conf:\d+$}

=== TEST 110: s3_region without a value
--- config
s3_region;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 111: s3_use_headers without a value
--- config
s3_use_headers;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_use_headers" directive in \S+/nginx\.conf:\d+$}

=== TEST 112: s3_bucket_in_host without a value
--- config
s3_bucket_in_host;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_bucket_in_host" directive in \S+/nginx\.conf:\d+$}

=== TEST 113: s3_methods without a value
--- config
s3_methods;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 114: s3_access_key with two values
--- config
s3_access_key a a;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_access_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 115: s3_secret_key with two values
--- config
s3_secret_key a a;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 116: s3_security_token with two values
--- config
s3_security_token a a;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_security_token" directive in \S+/nginx\.conf:\d+$}

=== TEST 117: s3_region with two values
--- config
s3_region a a;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 118: s3_use_headers with two values
--- config
s3_use_headers on on;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_use_headers" directive in \S+/nginx\.conf:\d+$}

=== TEST 119: s3_bucket_in_host with two values
--- config
s3_bucket_in_host on on;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_bucket_in_host" directive in \S+/nginx\.conf:\d+$}

=== TEST 120: s3_access_key with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key a a;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_access_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 121: s3_secret_key with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_secret_key a a;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_secret_key" directive in \S+/nginx\.conf:\d+$}

=== TEST 122: s3_security_token with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_security_token a a;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_security_token" directive in \S+/nginx\.conf:\d+$}

=== TEST 123: s3_region with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_region a a;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 124: s3_use_headers with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_use_headers on on;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_use_headers" directive in \S+/nginx\.conf:\d+$}

=== TEST 125: s3_bucket_in_host with two values in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_bucket_in_host on on;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "s3_bucket_in_host" directive in \S+/nginx\.conf:\d+$}

=== TEST 126: s3_access_key with a variable that nobody defines
--- config
location /f/ {
    s3_access_key $nobody;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown "nobody" variable}
--- no_error_log
Canary

=== TEST 127: s3_secret_key with a variable that nobody defines
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key $nobody;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown "nobody" variable}
--- no_error_log
Canary

=== TEST 128: s3_security_token with a variable that nobody defines
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token $nobody;
    s3_region eu-west-1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown "nobody" variable}
--- no_error_log
Canary

=== TEST 129: s3_region with a variable that nobody defines
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key SecretCanary/With+Signs0000000000000001;
    s3_security_token TokenCanary/With+Signs0000000000000001==;
    s3_region $nobody;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown "nobody" variable}
--- no_error_log
Canary

=== TEST 130: s3_secret_key with a dollar sign that begins no variable
--- config
location /f/ {
    s3_access_key AKIDTEST00000000001;
    s3_secret_key "SecretCanary$";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid variable name in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 131: s3_methods without s3_access_key is checked as well
--- config
location /f/ {
    s3_methods NONE;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "NONE" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 132: a directive that does not exist
--- config
s3_acess_key a;
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown directive "s3_acess_key" in \S+/nginx\.conf:\d+$}

=== TEST 133: the line is that of the directive, in an included file
--- user_files
>>> bucket.conf
# A comment.

s3_access_key AKIDTEST00000000001;
--- config
include $TEST_NGINX_HTML_DIR/bucket.conf;
--- must_die
--- error_log eval
qr{"s3_access_key" requires "s3_secret_key" in the same block in \S+/html/bucket\.conf:3$}

=== TEST 134: the line of a bad value, in an included file
--- user_files
>>> bucket.conf
s3_access_key AKIDTEST00000000001;

s3_secret_key "SecretCanary ";
--- config
include $TEST_NGINX_HTML_DIR/bucket.conf;
--- must_die
--- error_log eval
qr{character that is not printable ASCII in "s3_secret_key" directive in \S+/html/bucket\.conf:3$}
--- no_error_log
Canary
