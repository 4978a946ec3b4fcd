# Precedence between blocks that have the same directive.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Http11 = 'proxy_http_version 1.1; proxy_set_header Connection "";';

# Directives with the right and with a wrong value, other directives that they need,
# and the line that the S3 server logs. The last two settings are for the recording
# upstream.
our %Setting = (
    credentials => {
        right => '$TEST_NGINX_KEYS',
        wrong => 's3_access_key AKIDUNKNOWN000000001;'
            . ' s3_secret_key SecretCanary/With+Signs0000000000000001;',
        with  => 's3_region eu-west-1; s3_use_headers on;',
        log   => '^connection=\d+ GET /films/hello\.txt 200 v4-headers$',
    },
    s3_region => {
        right => 's3_region eu-west-1;',
        wrong => 's3_region us-east-1;',
        with  => '$TEST_NGINX_KEYS',
        log   => '^connection=\d+ GET /films/hello\.txt\?X-Amz-\S+ 200 v4-query$',
    },
    s3_use_headers => {
        right => 's3_use_headers on;',
        wrong => 's3_use_headers off;',
        with  => '$TEST_NGINX_KEYS',
        log   => '^connection=\d+ GET /films/hello\.txt 200 v2-headers$',
    },
    s3_bucket_in_host => {
        right => 's3_bucket_in_host on;',
        wrong => 's3_bucket_in_host off;',
        with  => '$TEST_NGINX_KEYS',
        log   => '^connection=\d+ GET /hello\.txt\?AWSAccessKeyId=\S+ 200 v2-query$',
    },
    keys_without_token => {
        right => 's3_access_key AKIDTEST00000000002;'
            . ' s3_secret_key SecretCanary/With+Signs0000000000000001;',
        wrong => '$TEST_NGINX_KEYS'
            . ' s3_security_token TokenCanary/With+Signs0000000000000001==;',
        with  => "s3_region eu-west-1; s3_use_headers on; $Http11",
        port  => '$TEST_NGINX_UPSTREAM_PORT',
    },
    off => {
        right => 's3_access_key off;',
        wrong => '$TEST_NGINX_KEYS',
        with  => $Http11,
        port  => '$TEST_NGINX_UPSTREAM_PORT',
    },
);

# The directives of a setting by block: the right value in one block, the wrong
# value in the others.
sub by_block {
    my ($setting, $right, @wrong) = @_;

    return ((map { $_ => '' } qw(http server upstream outer_location location)),
        (map { $_ => $Setting{$setting}{wrong} } @wrong),
        $right => $Setting{$setting}{right});
}

sub http_config {
    my ($setting, @blocks) = @_;

    my %in   = by_block($setting, @blocks);
    my $port = $Setting{$setting}{port} || '$TEST_NGINX_S3_PORT';
    return "$in{http} upstream s3 { server 127.0.0.1:$port; $in{upstream} }";
}

# Without a value for it there is no outer location.
sub config {
    my ($setting, @blocks) = @_;

    my %in = by_block($setting, @blocks);
    my ($path, $host) = $setting eq 's3_bucket_in_host'
        ? ('', 'films.s3.test') : ('films/', 's3.test');
    my $server = "$Setting{$setting}{with} $in{server} proxy_set_header Host $host;";
    return "$server location /f/ { $in{location} proxy_pass http://s3/$path; }"
        unless $in{outer_location};
    return "$server location /f/ {
        $in{outer_location}
        location /f/h { $in{location} proxy_pass http://s3/${path}h; }
    }";
}

no_root_location();
s3_region('eu-west-1');
run_tests();

__DATA__

=== TEST 1: %setting%: %right% has precedence over %wrong%
--- cases
setting           | right          | wrong
credentials       | location       | upstream server http
credentials       | upstream       | server http
credentials       | server         | http
credentials       | outer_location | upstream server http
credentials       | location       | outer_location upstream server http
s3_region         | location       | upstream server http
s3_region         | upstream       | server http
s3_region         | server         | http
s3_region         | outer_location | upstream server http
s3_region         | location       | outer_location upstream server http
s3_use_headers    | location       | upstream server http
s3_use_headers    | upstream       | server http
s3_use_headers    | server         | http
s3_use_headers    | outer_location | upstream server http
s3_use_headers    | location       | outer_location upstream server http
s3_bucket_in_host | location       | upstream server http
s3_bucket_in_host | upstream       | server http
s3_bucket_in_host | server         | http
s3_bucket_in_host | outer_location | upstream server http
s3_bucket_in_host | location       | outer_location upstream server http
--- http_config eval: ::http_config(qw(%setting% %right% %wrong%))
--- config eval: ::config(qw(%setting% %right% %wrong%))
--- request
GET /f/hello.txt
--- response_body
hello from films
--- s3_log_like eval: $::Setting{'%setting%'}{log}

=== TEST 2: s3_use_headers off in a location has precedence over on in its upstream
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

=== TEST 3: s3_bucket_in_host off in an upstream has precedence over on in http
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

=== TEST 4: each setting is inherited from another block
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

=== TEST 5: the credentials of an upstream are used with the region and s3_use_headers of the location
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

=== TEST 6: keys in %right% have precedence over keys with a token in %wrong%: no token is sent
--- cases
right    | wrong
location | upstream
location | server
location | http
location | outer_location
upstream | http
--- http_config eval: ::http_config(qw(keys_without_token %right% %wrong%))
--- config eval: ::config(qw(keys_without_token %right% %wrong%))
--- request
GET /f/h
--- upstream_request_like
\AGET /films/h HTTP/1\.1
Host: s3\.test
x-amz-content-sha256: [0-9a-f]{64}
x-amz-date: \d{8}T\d{6}Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000002/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}\z

=== TEST 7: the token of a server is not sent with the keys of an upstream, in the query
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

=== TEST 8: s3_access_key off in %right% has precedence over keys in %wrong%
--- cases
right          | wrong
location       | http
location       | upstream
location       | outer_location
outer_location | http upstream
server         | http
upstream       | http server
--- http_config eval: ::http_config(qw(off %right% %wrong%))
--- config eval: ::config(qw(off %right% %wrong%))
--- request
GET /f/h
--- upstream_request
GET /films/h HTTP/1.1
Host: s3.test

=== TEST 9: keys in a location have precedence over off in its upstream
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

=== TEST 10: keys in a nested location have precedence over off in the outer location
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

=== TEST 11: keys in an upstream have precedence over off in the server
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

=== TEST 12: keys in a location have precedence over off in http
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

=== TEST 13: a location nested three deep inherits
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

=== TEST 14: a regex location inherits from the server
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

=== TEST 15: a regex location nested in a prefix location inherits from it
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

=== TEST 16: an exact location has keys of its own
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

=== TEST 17: a named location inherits from the server
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

=== TEST 18: a named location has keys of its own
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

=== TEST 19: after an internal redirect a request is signed with the keys of the new location
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

=== TEST 20: after an internal redirect to a location without keys a request is not signed
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

=== TEST 21: an if block inherits from its location
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

=== TEST 22: an if block inherits from its location where proxy_pass has variables
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

=== TEST 23: an if block inherits from the server
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

=== TEST 24: the keys of the upstream apply in an if block
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

=== TEST 25: s3_methods applies in an if block
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

=== TEST 26: an if block with a proxy_pass of its own inherits from its location
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

=== TEST 27: the keys of an if block have precedence over those of its location and of the upstream
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

=== TEST 28: s3_access_key off in an if block
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

=== TEST 29: a limit_except block inherits from its location
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

=== TEST 30: a limit_except block inherits from the server
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

=== TEST 31: s3_methods applies in a limit_except block
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

=== TEST 32: a limit_except block with a proxy_pass of its own inherits
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

=== TEST 33: s3_methods: location has precedence over server, server over http
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

=== TEST 34: the keys of the upstream of a proxy_pass with variables have precedence over http
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

=== TEST 35: s3_access_key off in the upstream of a proxy_pass with variables has precedence over http
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
