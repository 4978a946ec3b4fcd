# Configurations that nginx rejects, and its messages.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our %Directive = (
    s3_access_key     => 's3_access_key AKIDTEST00000000001;',
    s3_secret_key     => 's3_secret_key SecretCanary/With+Signs0000000000000001;',
    s3_security_token => 's3_security_token TokenCanary/With+Signs0000000000000001==;',
    s3_region         => 's3_region eu-west-1;',
    s3_use_headers    => 's3_use_headers on;',
    s3_bucket_in_host => 's3_bucket_in_host on;',
    s3_methods        => 's3_methods GET;',
);
our $Pass = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;';

# A configuration with the directives in the context: http, server, location,
# if (in a location) or upstream.
sub http_config {
    my ($context, $directives) = @_;

    return $context eq 'http' ? $directives
        : $context eq 'upstream'
        ? "upstream s3 { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $directives }"
        : '';
}

sub config {
    my ($context, $directives) = @_;

    return $context eq 'server' ? "$directives location /f/ { $Pass }"
        : $context eq 'location' ? "location /f/ { $directives $Pass }"
        : $context eq 'if' ? "location /f/ { $Pass if (\$uri) { $directives } }"
        : $context eq 'upstream' ? 'location /f/ { proxy_pass http://s3; }'
        : "location /f/ { $Pass }";
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: %directive% without %required% in %context%
--- cases
directive         | required      | context
s3_access_key     | s3_secret_key | location
s3_access_key     | s3_secret_key | server
s3_access_key     | s3_secret_key | http
s3_access_key     | s3_secret_key | upstream
s3_access_key     | s3_secret_key | if
s3_secret_key     | s3_access_key | location
s3_secret_key     | s3_access_key | server
s3_secret_key     | s3_access_key | http
s3_secret_key     | s3_access_key | upstream
s3_secret_key     | s3_access_key | if
s3_security_token | s3_access_key | location
s3_security_token | s3_access_key | server
s3_security_token | s3_access_key | http
s3_security_token | s3_access_key | upstream
s3_security_token | s3_access_key | if
--- http_config eval: ::http_config('%context%', $::Directive{'%directive%'})
--- config eval: ::config('%context%', $::Directive{'%directive%'})
--- must_die
--- error_log eval
qr{\[emerg\] .*"%directive%" requires "%required%" in the same block in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 2: s3_access_key and s3_security_token without s3_secret_key
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

=== TEST 3: s3_secret_key and s3_security_token without s3_access_key
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

=== TEST 4: the secret key of the enclosing block does not complete an access key
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

=== TEST 5: the keys of the enclosing block do not complete a token
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

=== TEST 6: the keys of the upstream do not complete a token
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

=== TEST 7: keys of an upstream that is not used are checked
--- http_config
upstream unused {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key AKIDTEST00000000001;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_access_key" requires "s3_secret_key" in the same block in \S+/nginx\.conf:\d+$}

=== TEST 8: s3_secret_key with s3_access_key off in %context%
--- cases
context
location
server
http
upstream
if
--- http_config eval: ::http_config('%context%', 's3_access_key off; ' . $::Directive{s3_secret_key})
--- config eval: ::config('%context%', 's3_access_key off; ' . $::Directive{s3_secret_key})
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key" is not allowed beside "s3_access_key off" in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 9: s3_security_token with s3_access_key off
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

=== TEST 10: %directive% twice in %context%
--- cases
directive         | context  | second
s3_access_key     | location | AKIDTEST00000000001
s3_secret_key     | location | SecretCanary/With+Signs0000000000000001
s3_security_token | location | TokenCanary/With+Signs0000000000000001==
s3_region         | location | us-east-1
s3_use_headers    | location | off
s3_bucket_in_host | location | on
s3_methods        | location | PUT
s3_access_key     | upstream | AKIDTEST00000000001
s3_secret_key     | upstream | SecretCanary/With+Signs0000000000000001
s3_security_token | upstream | TokenCanary/With+Signs0000000000000001==
s3_region         | upstream | us-east-1
s3_use_headers    | upstream | off
s3_bucket_in_host | upstream | on
s3_region         | http     | us-east-1
s3_region         | server   | us-east-1
--- http_config eval: ::http_config('%context%', $::Directive{'%directive%'} . ' %directive% %second%;')
--- config eval: ::config('%context%', $::Directive{'%directive%'} . ' %directive% %second%;')
--- must_die
--- error_log eval
qr{\[emerg\] .*"%directive%" directive is duplicate in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 11: s3_access_key off and an access key in one block
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

=== TEST 12: an empty %directive% in %context%
--- cases
directive         | context
s3_access_key     | location
s3_secret_key     | location
s3_security_token | location
s3_region         | location
s3_region         | upstream
--- http_config eval: ::http_config('%context%', '%directive% "";')
--- config eval: ::config('%context%', '%directive% "";')
--- must_die
--- error_log eval
qr{\[emerg\] .*empty value in "%directive%" directive in \S+/nginx\.conf:\d+$}

=== TEST 13: %directive% with %what%: the value is not logged
--- cases
directive         | what                      | value
s3_access_key     | a space                   | Canary\x20x
s3_access_key     | a line feed               | Canary\nx
s3_access_key     | a tab                     | Canary\tx
s3_access_key     | DEL                       | Canary\x7fx
s3_access_key     | a character outside ASCII | Canary\xc3\xa9x
s3_access_key     | a byte that is not UTF-8  | Canary\xffx
s3_secret_key     | a space                   | SecretCanary\x20x
s3_secret_key     | a line feed               | SecretCanary\nx
s3_secret_key     | a tab                     | SecretCanary\tx
s3_secret_key     | DEL                       | SecretCanary\x7fx
s3_secret_key     | a character outside ASCII | SecretCanary\xc3\xa9x
s3_secret_key     | a byte that is not UTF-8  | SecretCanary\xffx
s3_security_token | a space                   | TokenCanary\x20x
s3_security_token | a line feed               | TokenCanary\nx
s3_security_token | a tab                     | TokenCanary\tx
s3_security_token | DEL                       | TokenCanary\x7fx
s3_security_token | a character outside ASCII | TokenCanary\xc3\xa9x
s3_security_token | a byte that is not UTF-8  | TokenCanary\xffx
--- config eval: qq{%directive% "%value%";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value with a character that is not printable ASCII in "%directive%" directive in \S+/nginx\.conf:\d+$}
--- no_error_log
Canary

=== TEST 14: a NUL in s3_secret_key
--- config eval
qq{s3_secret_key "SecretCanary\0x";}
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_secret_key"}
--- no_error_log
Canary

=== TEST 15: s3_region with %what%
--- cases
what                      | value
a space                   | eu west
a slash                   | eu/west
a dot                     | eu.west
a character outside ASCII | eu\xc3\xa9west
a comma                   | eu,west
--- config eval: qq{s3_region "%value%";}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "eu.*west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}

=== TEST 16: s3_region with a line feed
--- config eval
qq{s3_region "eu\nwest";}
--- must_die
--- error_log eval
[qr{\[emerg\] .*invalid value "eu$},
 qr{^west" with a character outside \[A-Za-z0-9_-\] in "s3_region" directive in \S+/nginx\.conf:\d+$}]

=== TEST 17: %directive% %value%
--- cases
directive         | value
s3_use_headers    | maybe
s3_use_headers    | ""
s3_use_headers    | 1
s3_use_headers    | $on
s3_bucket_in_host | maybe
s3_bucket_in_host | ""
s3_bucket_in_host | 1
s3_bucket_in_host | $on
--- config
set $on on;
%directive% %value%;
--- must_die
--- error_log eval
my $value = '%value%' =~ tr/"//dr;
qr{\[emerg\] .*invalid value "\Q$value\E" in "%directive%" directive, it must be "on" or "off" in \S+/nginx\.conf:\d+$}

=== TEST 18: s3_methods: %what%
--- cases
what                           | methods         | message
a method that S3 does not have | GET FETCH       | invalid method "FETCH"
a method in lower case         | get             | invalid method "get"
the same method twice          | GET PUT GET     | duplicate method "GET"
HEAD twice                     | HEAD HEAD       | duplicate method "HEAD"
any after another method       | GET any         | invalid method "any"
any before another method      | any GET         | invalid method "any"
any in upper case              | ANY             | invalid method "ANY"
an empty method                | ""              | invalid method ""
a variable                     | $request_method | invalid method "$request_method"
--- config
s3_methods %methods%;
--- must_die
--- error_log eval
my $message = '%message%';
qr{\[emerg\] .*\Q$message\E in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 19: %directive% outside http
--- cases
directive
s3_access_key
s3_secret_key
s3_security_token
s3_region
s3_use_headers
s3_bucket_in_host
s3_methods
--- main_config eval: $::Directive{'%directive%'}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"%directive%" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 20: %directive% in an if block of a server
--- cases
directive
s3_access_key
s3_secret_key
s3_security_token
s3_region
s3_use_headers
s3_bucket_in_host
s3_methods
--- config eval: "if (\$uri) { $::Directive{'%directive%'} }"
--- must_die
--- error_log eval
qr{\[emerg\] .*"%directive%" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 21: s3_methods in an upstream
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    s3_methods GET;
}
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_methods" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 22: s3_region in events
--- main_config
events { s3_region a; }
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"s3_region" directive is not allowed here in \S+/nginx\.conf:\d+$}

=== TEST 23: %directive% without a value
--- cases
directive
s3_access_key
s3_secret_key
s3_security_token
s3_region
s3_use_headers
s3_bucket_in_host
s3_methods
--- config
%directive%;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "%directive%" directive in \S+/nginx\.conf:\d+$}

=== TEST 24: %directive% with two values in %context%
--- cases
directive         | context
s3_access_key     | server
s3_secret_key     | server
s3_security_token | server
s3_region         | server
s3_use_headers    | server
s3_bucket_in_host | server
s3_access_key     | upstream
s3_secret_key     | upstream
s3_security_token | upstream
s3_region         | upstream
s3_use_headers    | upstream
s3_bucket_in_host | upstream
--- http_config eval: ::http_config('%context%', '%directive% on on;')
--- config eval: ::config('%context%', '%directive% on on;')
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "%directive%" directive in \S+/nginx\.conf:\d+$}

=== TEST 25: %directive% with a variable that is not defined
--- cases
directive
s3_access_key
s3_secret_key
s3_security_token
s3_region
--- config eval
my %directive = (%::Directive, %directive% => '%directive% $nobody;');
"location /f/ { @directive{qw(s3_access_key s3_secret_key s3_security_token s3_region)} $::Pass }"
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown "nobody" variable}
--- no_error_log
Canary

=== TEST 26: s3_secret_key with a dollar sign that is not part of a variable
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

=== TEST 27: s3_methods without s3_access_key is checked
--- config
location /f/ {
    s3_methods NONE;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid method "NONE" in "s3_methods" directive in \S+/nginx\.conf:\d+$}

=== TEST 28: a directive that does not exist
--- config
s3_acess_key a;
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown directive "s3_acess_key" in \S+/nginx\.conf:\d+$}

=== TEST 29: the file and line of the directive, in an included file
--- user_files
>>> bucket.conf
# A comment.

s3_access_key AKIDTEST00000000001;
--- config
include $TEST_NGINX_HTML_DIR/bucket.conf;
--- must_die
--- error_log eval
qr{"s3_access_key" requires "s3_secret_key" in the same block in \S+/html/bucket\.conf:3$}

=== TEST 30: the file and line of an invalid value, in an included file
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
