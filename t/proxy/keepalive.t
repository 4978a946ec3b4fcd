# The pool of connections of an upstream block is used as if requests were not
# signed.

use strict;
use warnings;

use lib 't/lib';
use IO::Socket::INET ();
use NginxTest 'no_plan';
use NginxTest::Process ();

use constant {CLIENTS => 16, REQUESTS => 10_000};

# A backend that responds how the request is signed and logs the number of the
# connection, and a pool of connections to it.
our $Pool = <<'END';
map "$http_authorization $args" $kind {
    ~^AWS4-HMAC-SHA256  v4-headers;
    ~^AWS               v2-headers;
    ~&X-Amz-Signature=  v4-query;
    ~&Signature=        v2-query;
    default             unsigned;
}
log_format connection $connection;
access_log off;
keepalive_requests 100000;
server {
    listen     127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    access_log logs/backend.log connection;
    location / { return 200 "$kind\n"; }
}
upstream bucket {
    server    127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    keepalive 16;
    keepalive_requests 100000;
}
proxy_http_version 1.1;
proxy_set_header   Connection "";
END

# Sends all the requests by that many clients at once; the result is what
# GET /result is answered.
sub load {
    my ($kind) = @_;

    my $result = NginxTest::server_root() . '/html/result';
    my @clients = map {
        my $file = "$result.$_";
        NginxTest::Process::fork_worker('client',
            sub { client($kind, $file, REQUESTS / CLIENTS) });
    } 1 .. CLIENTS;
    NginxTest::Process::wait_until(20,
        sub { !grep { NginxTest::Process::is_alive($_) } @clients });

    my $answered = 0;
    $answered += $_ for map { lines($_) } glob "$result.*";
    my %connections = map { $_ => 1 }
        lines(NginxTest::server_root() . '/logs/backend.log');
    my $number = keys %connections;
    my $fits = $number >= 1 && $number <= CLIENTS ? 'at most ' . CLIENTS : $number;
    open my $out, '>', $result or die "$result: $!\n";
    print $out "$answered times $kind, $fits connections\n";
    close $out or die "$result: $!\n";
    return;
}

sub lines {
    my ($path) = @_;

    open my $in, '<', $path or return;
    chomp(my @lines = <$in>);
    return @lines;
}

# One connection to nginx; writes to the file how many answers were right.
sub client {
    my ($kind, $file, $number) = @_;

    my $socket = IO::Socket::INET->new('127.0.0.1:' . server_port())
        or die "$!\n";
    my $right = 0;
    for my $i (1 .. $number) {
        syswrite $socket, "GET /k$i HTTP/1.1\r\nHost: localhost\r\n\r\n";
        my $response = '';
        until ($response =~ /\r\n\r\n.*\n\z/) {
            sysread $socket, $response, 4096, length $response or last;
        }
        $right++ if $response =~ m{\AHTTP/1.1 200 .*\r\n\r\n$kind\n\z}s;
    }
    open my $out, '>', $file or die "$file: $!\n";
    print $out "$right\n";
    close $out or die "$file: $!\n";
    return;
}

worker_connections(128);
no_root_location();
run_tests();

__DATA__

=== TEST 1: requests of all four kinds use one connection
--- http_config
upstream s3 {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    keepalive 1;
    $TEST_NGINX_KEYS
}
--- config
proxy_http_version 1.1;
proxy_set_header   Connection "";
proxy_set_header   Host films.s3.us-east-1.amazonaws.com;
location /v4-headers/ {
    s3_region      us-east-1;
    s3_use_headers on;
    proxy_pass     http://s3/;
}
location /v4-query/ { s3_region us-east-1; proxy_pass http://s3/; }
location /v2-headers/ { s3_use_headers on; proxy_pass http://s3/; }
location /v2-query/ { proxy_pass http://s3/; }
--- request eval
[map { "GET /$_/hello.txt" }
    qw(v4-headers v4-query v2-headers v2-query v4-headers)]
--- response_body eval
[("hello from films\n") x 5]
--- s3_log_like
^connection=1 GET \S+ 200 v4-headers$
^connection=1 GET \S+ 200 v4-query$
^connection=1 GET \S+ 200 v2-headers$
^connection=1 GET \S+ 200 v2-query$
--- s3_log_unlike
^connection=(?!1 )

=== TEST 2: 10000 requests, 16 at once: %what%
--- cases
what                                   | kind       | directives                                               | upstream
unsigned                               | unsigned   |                                                          | bucket
v4-headers                             | v4-headers | $TEST_NGINX_KEYS s3_region us-east-1; s3_use_headers on; | bucket
v4-query                               | v4-query   | $TEST_NGINX_KEYS s3_region us-east-1;                    | bucket
v2-headers                             | v2-headers | $TEST_NGINX_KEYS s3_use_headers on;                      | bucket
v2-query                               | v2-query   | $TEST_NGINX_KEYS                                         | bucket
v4-headers, the upstream in a variable | v4-headers | $TEST_NGINX_KEYS s3_region us-east-1; s3_use_headers on; | $name
--- http_config eval: $::Pool
--- config
%directives%
location / {
    set        $name bucket;
    proxy_pass http://%upstream%;
}
location = /result { root html; }
--- log_level: warn
--- init
main::load('%kind%');
--- request
GET /result
--- response_body
10000 times %kind%, at most 16 connections

=== TEST 3: the default of nginx for connections
From 1.29.7 on an upstream block keeps its connections.
--- http_config
upstream bucket {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location / { proxy_pass http://bucket; }
--- request eval
["GET /1", "HEAD /2", "GET /3"]
--- response_body eval
["upstream ok\n", "", "upstream ok\n"]
--- upstream_request_like eval
[map { qr{\A$_\?AWSAccessKeyId=AKIDTEST00000000001&} } 'GET /1', 'HEAD /2', 'GET /3']
--- upstream_connections eval
NginxTest::Nginx::keepalive_by_default() ? 1 : 3
