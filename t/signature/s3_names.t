# Objects of the S3 server by all their names, however the client spells them,
# with each kind of signature. The name of an object is in its content.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Permanent = <<'END';
$TEST_NGINX_KEYS
END

our $Temporary = <<'END';
s3_access_key ASIATEMPORARY0000001;
s3_secret_key TemporarySecretKey/With+Signs00000000001;
s3_security_token TemporarySessionToken/With+Signs==;
END

our @Names = (
    'hello.txt', 'a b.txt', 'a+b.txt', 'é日本.txt', q{(x) 'y' "z"!*~.txt},
    '100%&=;,@:$#.txt', 'deep/er/nested/path.txt', 'a//b.txt', './x.txt',
    'dir/', 'x/../y.txt',
);

# What is not encoded, what need not be, and what is encoded in small letters.
our @Lenient = (
    ['a+b.txt'                              => 'a+b.txt'],
    ["\xc3\xa9%E6%97%A5%e6%9c%ac.txt"       => 'é日本.txt'],
    [q{(x)%20'y'%20"z"!*~.txt}              => q{(x) 'y' "z"!*~.txt}],
    ['%28x%29%20%27y%27%20%22z%22!%2A%7e.txt' => q{(x) 'y' "z"!*~.txt}],
    ['100%25&=;,@:$%23.txt'                 => '100%&=;,@:$#.txt'],
    ['deep%2Fer%2fnested/path.txt'          => 'deep/er/nested/path.txt'],
    ['%68ello.txt?'                         => 'hello.txt'],
    ['x/%2e%2E/y.txt'                       => 'x/../y.txt'],
);

sub content {
    my ($name) = @_;

    return $name eq 'hello.txt' ? "hello from films\n" : "$name of films\n";
}

sub encoded {
    my ($name) = @_;

    return $name =~ s{([^A-Za-z0-9._~/-])}{sprintf '%%%02X', ord $1}ger;
}

# Names that nginx does not change when it normalises the path.
our @Plain = grep { !m{//|\./} } @Names;

our @Spelled     = ((map { [encoded($_) => $_] } @Names), @Lenient);
our @PathStyle   = map { "GET /films/$_->[0]" } @Spelled;
our @InHost      = map { "GET /$_->[0]" } @Spelled;
our @Contents    = map { content($_->[1]) } @Spelled;
our @Ok          = (200) x @Spelled;
our @PlainPaths  = map { 'GET /films/' . encoded($_) } @Plain;
our @PlainBodies = map { content($_) } @Plain;
our @PlainOk     = (200) x @Plain;

our %Style = (
    path => {host => '', requests => \@PathStyle},
    host => {
        host     => 'proxy_set_header Host films.s3.us-east-1.amazonaws.com;',
        requests => \@InHost,
    },
);

no_root_location();
run_tests();

__DATA__

=== TEST 1: every object, %kind%, %keys% keys, bucket in %bucket%
--- cases
kind       | keys      | bucket | directives
v4-headers | Permanent | path   | s3_region us-east-1; s3_use_headers on;
v4-headers | Permanent | host   | s3_region us-east-1; s3_use_headers on;
v4-headers | Temporary | path   | s3_region us-east-1; s3_use_headers on;
v4-headers | Temporary | host   | s3_region us-east-1; s3_use_headers on;
v4-query   | Permanent | path   | s3_region us-east-1;
v4-query   | Permanent | host   | s3_region us-east-1;
v4-query   | Temporary | path   | s3_region us-east-1;
v4-query   | Temporary | host   | s3_region us-east-1;
v2-headers | Permanent | path   | s3_use_headers on;
v2-headers | Permanent | host   | s3_use_headers on;
v2-headers | Temporary | path   | s3_use_headers on;
v2-headers | Temporary | host   | s3_use_headers on;
v2-query   | Permanent | path   |
v2-query   | Permanent | host   |
v2-query   | Temporary | path   |
v2-query   | Temporary | host   |
--- http_config eval: $::%keys%
--- config eval
"%directives%
location / {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT;
    $::Style{%bucket%}{host}
}"
--- request eval: $::Style{%bucket%}{requests}
--- error_code eval: \@::Ok
--- response_body eval: \@::Contents
--- s3_log_unlike: ^(?!.* 200 %kind%$)

=== TEST 2: every object by proxy_pass with a URI
--- http_config eval: $::Permanent
--- config
s3_region us-east-1;
location /films/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request eval: \@::PlainPaths
--- error_code eval: \@::PlainOk
--- response_body eval: \@::PlainBodies

=== TEST 3: every object by proxy_pass with the decoded path in a variable
--- http_config eval: $::Permanent
--- config
s3_region us-east-1;
s3_use_headers on;
location ~ ^/films/(.*) {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/$1;
}
--- request eval: \@::PlainPaths
--- error_code eval: \@::PlainOk
--- response_body eval: \@::PlainBodies

=== TEST 4: every object by proxy_pass after a rewrite
--- http_config eval: $::Permanent
--- config
location / {
    rewrite ^/films/(.*) /$1 break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;
    proxy_set_header Host films.s3.amazonaws.com;
}
--- request eval: \@::PlainPaths
--- error_code eval: \@::PlainOk
--- response_body eval: \@::PlainBodies

=== TEST 5: every object by proxy_pass with $request_uri
--- http_config eval: $::Permanent
--- config
s3_use_headers on;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT$request_uri; }
--- request eval: \@::PathStyle
--- error_code eval: \@::Ok
--- response_body eval: \@::Contents

=== TEST 6: proxy_pass with a URI keeps double slashes if nginx does
--- http_config eval: $::Permanent
--- config
s3_region us-east-1;
merge_slashes off;
location /films/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
}
--- request
GET /films/a//b.txt
--- response_body
a//b.txt of films
