# Keys have no effect on requests that are passed by another protocol than HTTP:
# the same bytes are sent as without keys.

use strict;
use warnings;

use lib 't/lib';
use IO::Select ();
use IO::Socket::INET ();
use NginxTest 'no_plan';
use NginxTest::Env ();
use NginxTest::Process ();
use Test::More import => [qw(is like unlike)];

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_security_token TokenCanary/With+Signs0000000000000001==;
s3_region         us-east-1;
s3_use_headers    on;
END

our %Location = (
    fastcgi => 'location / {
        fastcgi_pass  127.0.0.1:$TEST_NGINX_RAW_PORT;
        fastcgi_param SCRIPT_NAME $uri;
        fastcgi_param REQUEST_METHOD $request_method;
    }',
    scgi => 'location / {
        scgi_pass  127.0.0.1:$TEST_NGINX_RAW_PORT;
        scgi_param REQUEST_URI $request_uri;
    }',
    uwsgi => 'location / {
        uwsgi_pass  127.0.0.1:$TEST_NGINX_RAW_PORT;
        uwsgi_param REQUEST_URI $request_uri;
    }',
    grpc => 'location / { grpc_pass grpc://127.0.0.1:$TEST_NGINX_RAW_PORT; }',
    memcached => 'location / {
        set            $memcached_key $uri;
        memcached_pass 127.0.0.1:$TEST_NGINX_RAW_PORT;
    }',
);
our $FastcgiByName = 'location / {
    set           $name app;
    fastcgi_pass  $name;
    fastcgi_param SCRIPT_NAME $uri;
    fastcgi_param REQUEST_METHOD $request_method;
}';
our $App = 'upstream app { server 127.0.0.1:$TEST_NGINX_RAW_PORT; ';

# The bytes of each connection, in a file of its own. No protocol is spoken:
# the connection is closed after the request, and nginx answers 502.
my $Record   = NginxTest::Env::work_dir() . '/raw';
my $Listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', Listen => 10, ReuseAddr => 1)
    or die "cannot listen: $!\n";
$ENV{TEST_NGINX_RAW_PORT} = $Listener->sockport;

sub record {
    my $number = 0;
    while (my $socket = $Listener->accept) {
        my ($select, $bytes) = (IO::Select->new($socket), '');
        while ($select->can_read(0.1)) {
            sysread $socket, $bytes, 65536, length $bytes or last;
        }
        $number++;
        open my $out, '>:raw', "$Record.$number" or die "$!\n";
        print $out $bytes;
        close $out;
        close $socket;
    }
    return;
}

sub recorded {
    my ($number) = @_;

    open my $in, '<:raw', "$Record.$number" or return '';
    local $/;
    return scalar(<$in>) // '';
}

# Cases and blocks are in pairs: without keys and with them.
sub compare {
    my %pattern = (
        1 => ['fastcgi_pass',           qr/\A\x01\x01.*SCRIPT_NAME\/a/s],
        2 => ['scgi_pass',              qr/\A\d+:CONTENT_LENGTH\x004.*\/a/s],
        3 => ['uwsgi_pass',             qr/\A\0.*REQUEST_URI.*\/a/s],
        4 => ['grpc_pass',              qr/\APRI \* HTTP\/2\.0\r\n/],
        5 => ['memcached_pass',         qr/\Aget \/a\r\n\z/],
        6 => ['fastcgi_pass with variables',
                                        qr/\A\x01\x01.*SCRIPT_NAME\/a/s],
    );
    for my $pair (sort keys %pattern) {
        my ($name, $pattern) = @{$pattern{$pair}};
        my ($without, $with) = map { recorded($_) } 2 * $pair - 1, 2 * $pair;
        like($without, $pattern, "$name sends its protocol");
        is(unpack('H*', $with), unpack('H*', $without),
            "$name sends the same with keys");
    }
    return;
}

NginxTest::Process::fork_worker('raw recorder', \&record);
no_root_location();
run_tests();
compare();

__DATA__

=== TEST 1: %protocol%_pass %keys% keys
--- cases
protocol  | keys    | method | body
fastcgi   | without | POST   | body
fastcgi   | with    | POST   | body
scgi      | without | POST   | body
scgi      | with    | POST   | body
uwsgi     | without | POST   | body
uwsgi     | with    | POST   | body
grpc      | without | POST   | body
grpc      | with    | POST   | body
memcached | without | GET    |
memcached | with    | GET    |
--- http_config eval: '%keys%' eq 'with' ? $::Keys : ''
--- config eval: $::Location{%protocol%}
--- request
%method% /a
%body%
--- error_code: 502
--- no_error_log
request not signed

=== TEST 2: fastcgi_pass with variables, without keys
--- http_config eval: "$::App}"
--- config eval: $::FastcgiByName
--- request
POST /a
body
--- error_code: 502

=== TEST 3: fastcgi_pass with variables that name an upstream block with keys
--- http_config eval: "$::App $::Keys}"
--- config eval: $::FastcgiByName
--- request
POST /a
body
--- error_code: 502
--- no_error_log
request not signed

=== TEST 4: fastcgi_pass with variables in a location inside a signed one
s3_methods does not apply to it.
--- http_config eval: "$::App}"
--- config eval
"location / {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    location /app {
        set          \$name app;
        fastcgi_pass \$name;
    }
}"
--- request
POST /app
body
--- error_code: 502

=== TEST 5: fastcgi_pass in a location inside a signed one
--- config eval
"location / {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    location /app { fastcgi_pass 127.0.0.1:\$TEST_NGINX_RAW_PORT; }
}"
--- request
POST /app
body
--- error_code: 502

=== TEST 6: responses of nginx itself, to any method
--- http_config eval: $::Keys
--- config
location / { return 200 "$request_method\n"; }
--- request
POST /a
body
--- response_body
POST

=== TEST 7: of two protocols in a location the last one is used
--- http_config eval
"upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Keys }"
--- config
location / {
    set            $memcached_key $uri;
    set            $name bucket;
    memcached_pass 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    proxy_pass     http://$name;
}
--- request
GET /a
--- upstream_request_like: ^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/

=== TEST 8: a method that s3_methods does not allow, passed by another protocol
--- http_config eval: $::Keys
--- config
location / {
    s3_methods     GET;
    set            $name 127.0.0.1:$TEST_NGINX_REFUSED_PORT;
    fastcgi_pass   $name;
}
--- request
DELETE /a
--- error_code: 502
