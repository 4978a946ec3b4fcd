# The addresses of a bucket's host change while nginx proxies to it: what each
# way to name the host in the configuration does with the connections and with
# the requests.

use strict;
use warnings;

use lib 't/lib';
use IO::Socket::INET ();
use NginxTest 'no_plan';
use NginxTest::Dns ();
use NginxTest::Env ();
use NginxTest::Nginx ();
use NginxTest::Process ();
use NginxTest::S3Server ();

# LIMIT bounds the requests of a client in one block.
use constant {CLIENTS => 4, REQUESTS => 100, LIMIT => 50_000};

our $Host = 'films.s3.us-east-1.amazonaws.com';

# Two S3 servers on one port. What the logs of the two have in them is what
# arrived at the address.
our $Old  = '127.0.0.2';
our $New  = '127.0.0.3';
my $Port  = $ENV{TEST_NGINX_RAND_PORT_1};
my %Server;
my $Reloads;

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

our $Resolve = <<"END";
upstream $Host {
    zone films 1m;
    resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT;
    resolver_timeout 1s;
    server $Host:$Port resolve;
    keepalive 32;
    keepalive_requests 100000;
    $Keys
}
END

# Replaces the host's entry in the system's resolver.
our $Literal = $Resolve =~ s/^ *resolver.*\n//mgr
    =~ s/^ *server .*$/    server $Old:$Port;/mr;

our $Proxy = <<"END";
location / {
    proxy_pass http://$Host;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Upstream \$upstream_addr always;
}
location = /result { root html; }
END

our $Variable = <<"END";
resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT;
$Keys
location / {
    set \$films $Host;
    proxy_pass http://\$films:$Port;
    proxy_http_version 1.1;
    add_header X-Upstream \$upstream_addr always;
}
location = /result { root html; }
END

sub path { my ($name) = @_; return NginxTest::server_root() . "/$name" }

sub slurp {
    my ($name) = @_;

    open my $in, '<:raw', path($name) or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub spew {
    my ($name, $text) = @_;

    my $path = path($name);
    open my $out, '>:raw', "$path.new" or die "$path.new: $!\n";
    print $out $text;
    close $out or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

# --- servers ----------------------------------------------------------------

sub start_servers {
    for my $address ($Old, $New) {
        stop_server($address);
        my $fixtures = NginxTest::Env::base_dir() . '/fixtures';
        my $log = "logs/$address.log";
        my $pid = $Server{$address} = NginxTest::Process::spawn('S3 server',
            [NginxTest::S3Server::program(),
             '--listen'      => "$address:$Port",
             '--objects'     => "$fixtures/objects.json",
             '--credentials' => "$fixtures/credentials.json",
             '--domain'      => 's3.us-east-1.amazonaws.com'],
            stdout => path($log), stderr => path("logs/$address.stderr.log"));
        NginxTest::Process::wait_until(5, sub {
            return slurp($log) =~ /^listening/m
                || !NginxTest::Process::is_alive($pid);
        });
        slurp($log) =~ /^listening/m or die "no S3 server on $address: "
            . slurp("logs/$address.stderr.log");
    }
    return;
}

sub stop_server {
    my ($address) = @_;

    my $pid = delete $Server{$address};
    NginxTest::Process::stop_process($pid, [TERM => 2]) if $pid;
    return;
}

sub answer {
    my ($answer) = @_;

    NginxTest::Dns::set_zones("$Host ttl=1 $answer");
    return;
}

sub wait_for_answer {
    my ($answer) = @_;

    NginxTest::Dns::wait_for_answer($Host, $answer);
    return;
}

# --- load -------------------------------------------------------------------

# Has clients send requests all the time while the steps are made: a name and
# a sub, by turns. A step ends when every client has been answered REQUESTS
# requests that it sent after the sub had returned. Writes the result, which
# GET /result is answered: the distinct answers of each step, what went wrong
# during a sub, and what arrived at the servers.
sub load {
    my ($connection, @steps) = @_;

    start_servers();
    $Reloads = 0;
    wait_for_answer($Old) if slurp('conf/nginx.conf') =~ / resolve;/;
    spew('step', 'before the first step');
    my @clients = map {
        my $number = $_;
        NginxTest::Process::fork_worker('client',
            sub { client($number, $connection) });
    } 1 .. CLIENTS;
    my $result = '';
    while (my ($name, $code) = splice @steps, 0, 2) {
        # No request of the step before is still on its way.
        enter("before $name", 1);
        $code->();
        enter($name, REQUESTS);
        my %seen = map { $_ => 1 } map { /^\Q$name\E: (.*)$/mg } results();
        $result .= join(' ', "$name:", sort keys %seen) . "\n";
    }
    spew('step', 'end');
    NginxTest::Process::wait_until(5,
        sub { !grep { NginxTest::Process::is_alive($_) } @clients });

    my $wrong = () = join('', results()) =~ /^before .*: (?!ok)/mg;
    $result .= "wrong in between: $wrong\n" if $wrong;
    spew('html/result', $result . join '', map { arrived($_) } $Old, $New);
    return;
}

# Names the step, and waits until each client has been answered so many
# requests in it.
sub enter {
    my ($name, $number) = @_;

    spew('step', $name);
    NginxTest::Process::wait_until(30, sub {
        return !grep { $number > (() = /^\Q$name\E: /mg) } results();
    }) or die "a client has ended, or is too slow, in \"$name\"\n";
    return;
}

sub results { return map { slurp("results.$_") } 1 .. CLIENTS }

# Requests one after the other; writes the step and what was answered.
sub client {
    my ($number, $connection) = @_;

    open my $out, '>>:raw', path("results.$number") or die "$!\n";
    my $socket;
    for (1 .. LIMIT) {
        my $step = slurp('step');
        last if $step eq 'end';
        $socket ||= connection();
        my $response = exchange($socket, $connection);
        syswrite $out, "$step: " . verdict($response) . "\n";
        undef $socket if $response !~ /^Connection: keep-alive\r$/m;
        select undef, undef, undef, 0.002;
    }
    return;
}

sub connection {
    return IO::Socket::INET->new('127.0.0.1:' . server_port())
        || die "cannot connect to nginx: $!\n";
}

sub exchange {
    my ($socket, $connection) = @_;

    syswrite $socket, "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: $connection\r\n\r\n";
    my $response = '';
    my $length;
    until (defined $length && $response =~ /\r\n\r\n.{$length}\z/s) {
        sysread $socket, $response, 4096, length $response or last;
        ($length) = $response =~ /^Content-Length: (\d+)\r$/mi
            unless defined $length;
    }
    return $response;
}

# "ok" and the address that nginx connected to, or what arrived in place of it.
sub verdict {
    my ($response) = @_;

    my ($address) = $response =~ /^X-Upstream: ([\d.]+):$Port\r$/m;
    return "ok $address" if $address && $response =~ m{\AHTTP/1\.1 200 }
        && $response =~ /\r\n\r\nhello from films\n\z/;
    return $response =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 'no response';
}

# What a server got: how it was signed, and whether connections were reused. A
# worker has no more connections than there are clients; one that ends keeps none
# for the requests that it still has.
sub arrived {
    my ($address) = @_;

    my (%connections, %kinds, $requests);
    for (slurp("logs/$address.log") =~ /^(connection=.*)$/mg) {
        my ($connection, undef, undef, $status, $kind) = split;
        $connections{$connection}++;
        $kinds{"$status $kind"} = 1;
        $requests++;
    }
    return '' unless $requests;
    my $number = keys %connections;
    my $fits = $number == $requests                ? 'one for each request'
             : $number <= CLIENTS * (1 + 2 * $Reloads) ? 'reused' : $number;
    return "$address: @{[sort keys %kinds]}, connections: $fits\n";
}

# --- single requests --------------------------------------------------------

# Makes the steps, subs, with a request after each.
sub ask_after {
    my (@steps) = @_;

    start_servers();
    my @verdicts;
    for my $step (@steps) {
        $step->();
        push @verdicts, verdict(exchange(connection(), 'close'));
    }
    spew('html/result', join(', ', @verdicts) . "\n");
    return;
}

# --- reloads ----------------------------------------------------------------

sub reload {
    $Reloads++;
    return NginxTest::Nginx::reload(@_);
}

worker_connections(128);
no_root_location();
run_tests();

__DATA__

=== TEST 1: server with "resolve": the pool follows the answer of the DNS server
--- skip_nginx: 2: < 1.27.3: no "resolve" before 1.27.3
--- http_config eval: $::Resolve
--- config eval: $::Proxy
--- log_level: warn
--- dns eval: "$::Host ttl=1 $::Old"
--- init
main::load('keep-alive',
    'old address' => sub { },
    'new address' => sub {
        main::answer($main::New);
        main::wait_for_answer($main::New);
    },
    'old server ended' => sub { main::stop_server($main::Old) },
);
--- request
GET /result
--- response_body
old address: ok 127.0.0.2
new address: ok 127.0.0.3
old server ended: ok 127.0.0.3
127.0.0.2: 200 v4-headers, connections: reused
127.0.0.3: 200 v4-headers, connections: reused

=== TEST 2: server with "resolve": the addresses outlive reloads, without an answer
--- skip_nginx: 2: < 1.27.3: no "resolve" before 1.27.3
--- http_config eval: $::Resolve
--- config eval: $::Proxy
--- log_level: warn
--- dns eval: "$::Host ttl=1 $::Old"
--- init
main::load('close',
    'started' => sub { },
    'no answers' => sub {
        main::answer('silent');
        main::wait_for_answer('silent');
    },
    'reloaded' => sub { main::reload() for 1 .. 3 },
    'new address' => sub {
        main::answer($main::New);
        main::wait_for_answer($main::New);
    },
);
--- request
GET /result
--- response_body
started: ok 127.0.0.2
no answers: ok 127.0.0.2
reloaded: ok 127.0.0.2
new address: ok 127.0.0.3
127.0.0.2: 200 v4-headers, connections: reused
127.0.0.3: 200 v4-headers, connections: reused

=== TEST 3: server with "resolve": 502 until the first answer
--- skip_nginx: 3: < 1.27.3: no "resolve" before 1.27.3
--- http_config eval: $::Resolve
--- config eval: $::Proxy
--- dns eval: "$::Host silent"
--- init
main::ask_after(
    sub { main::wait_for_answer('silent') },
    sub {
        main::answer('servfail');
        main::wait_for_answer('servfail');
    },
    sub {
        main::answer($main::New);
        main::wait_for_answer($main::New);
    },
);
--- request
GET /result
--- response_body
502, 502, ok 127.0.0.3
--- error_log
no live upstreams while connecting to upstream
films.s3.us-east-1.amazonaws.com could not be resolved (110: Operation timed out)
films.s3.us-east-1.amazonaws.com could not be resolved (2: Server failure)

=== TEST 4: server with "resolve": the addresses stay while the DNS server fails
--- skip_nginx: 3: < 1.27.3: no "resolve" before 1.27.3
--- http_config eval: $::Resolve
--- config eval: $::Proxy
--- dns eval: "$::Host ttl=1 $::Old"
--- init
main::ask_after(
    sub { main::wait_for_answer($main::Old) },
    sub {
        main::answer('servfail');
        main::wait_for_answer('servfail');
    },
    sub {
        main::answer('silent');
        main::wait_for_answer('silent');
    },
);
--- request
GET /result
--- response_body
ok 127.0.0.2, ok 127.0.0.2, ok 127.0.0.2
--- error_log
could not be resolved (2: Server failure)

=== TEST 5: server with "resolve": a name that ceases to exist has no addresses
--- skip_nginx: 3: < 1.27.3: no "resolve" before 1.27.3
--- http_config eval: $::Resolve =~ s/DNS_PORT\K/ valid=1s/r
--- config eval: $::Proxy
--- dns eval: "$::Host $::Old"
--- init
main::ask_after(
    sub { main::wait_for_answer($main::Old) },
    sub {
        main::answer('nxdomain');
        main::wait_for_answer('nxdomain');
    },
    sub {
        main::answer($main::New);
        main::wait_for_answer($main::New);
    },
);
--- request
GET /result
--- response_body
ok 127.0.0.2, 502, ok 127.0.0.3
--- error_log
no live upstreams while connecting to upstream
could not be resolved (3: Host not found)

=== TEST 6: a pool and reloads: the new address is used after a reload
--- http_config eval: $::Literal
--- config eval: $::Proxy
--- log_level: warn
--- init
main::load('close',
    'old address' => sub { },
    'reloaded' => sub {
        main::reload(sub { s/server \Q$main::Old\E:/server $main::New:/ });
    },
    'old server ended' => sub { main::stop_server($main::Old) },
);
--- request
GET /result
--- response_body
old address: ok 127.0.0.2
reloaded: ok 127.0.0.3
old server ended: ok 127.0.0.3
127.0.0.2: 200 v4-headers, connections: reused
127.0.0.3: 200 v4-headers, connections: reused

=== TEST 7: a pool and reloads: the old addresses are used if the name is not found
--- http_config eval: $::Literal
--- config eval: $::Proxy
--- init
main::load('close',
    'old address' => sub { },
    'reloaded' => sub {
        main::reload(sub { s/server \Q$main::Old\E:/server not..found:/ });
    },
);
--- request
GET /result
--- response_body
old address: ok 127.0.0.2
reloaded: ok 127.0.0.2
127.0.0.2: 200 v4-headers, connections: reused
--- error_log
[emerg]
host not found in upstream "not..found:

=== TEST 8: a variable: every request has a connection of its own, to the address of the latest answer
--- http_config
--- config eval: $::Variable
--- log_level: warn
--- dns eval: "$::Host ttl=1 $::Old"
--- init
main::load('keep-alive',
    'old address' => sub { },
    'new address' => sub {
        main::answer($main::New);
        main::wait_for_answer($main::New);
    },
    'old server ended' => sub { main::stop_server($main::Old) },
);
--- request
GET /result
--- response_body
old address: ok 127.0.0.2
new address: ok 127.0.0.3
old server ended: ok 127.0.0.3
127.0.0.2: 200 v4-headers, connections: one for each request
127.0.0.3: 200 v4-headers, connections: one for each request

=== TEST 9: a variable: 502 until the first answer
--- http_config
--- config eval: "resolver_timeout 1s; $::Variable"
--- dns eval: "$::Host servfail"
--- init
main::ask_after(
    sub { },
    sub { main::answer($main::New) },
);
--- request
GET /result
--- response_body
502, ok 127.0.0.3
--- error_log
films.s3.us-east-1.amazonaws.com could not be resolved (2: Server failure)
