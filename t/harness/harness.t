# The harness itself, with nginx alone: expectations that hold pass, others fail.

use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use IO::Socket::INET ();
use NginxTest 'no_plan';

# Answers a request for a range of a body of 25 bytes.
our $Ranges = sub {
    my ($request) = @_;

    my $whole = 'abcdefghijklmnopqrstuvwxy';
    my ($from, $to) = $request =~ /^Range: bytes=(\d+)-(\d+)/m or return;
    $to = length($whole) - 1 if $to >= length $whole;
    my $part = substr $whole, $from, $to - $from + 1;
    return "HTTP/1.1 206 Partial Content\nETag: \"1\"\n"
        . "Content-Range: bytes $from-$to/" . length($whole) . "\n"
        . 'Content-Length: ' . length($part) . "\n\n$part";
};

no_root_location();
run_tests();
failures_are_seen();
ends_with_the_test();
versions_are_read();

# Runs a test file of its own with the blocks given; returns its output.
sub start_inner {
    my ($dir, $blocks, $code) = @_;

    my $file = "$dir/inner.t";
    open my $out, '>', $file or die "$file: $!";
    print $out "use strict;\nuse warnings;\nuse NginxTest 'no_plan';\n",
        "$code\nrun_tests();\n__DATA", "__\n$blocks";
    close $out;
    local $ENV{TEST_NGINX_FAILURES_DIR} = "$dir/failures";
    local $ENV{TEST_NGINX_LOG_DIR}      = "$dir/logs";
    my $pid = open my $in, '-|', "exec $^X -It/lib $file 2>&1" or die "$!";
    return ($pid, $in);
}

# Every block of the inner file fails exactly the tests that its name has between
# slashes, or none.
sub failures_are_seen {
    my $dir    = File::Temp->newdir;
    my $blocks = inner_blocks();
    my ($pid, $in) = start_inner($dir, $blocks,
        # Nothing that a block waits for here arrives.
        '$NginxTest::Check::Limit = 0.05;');
    my @lines = <$in>;
    close $in;
    isnt($? >> 8, 0, 'a file with failures does not end with success');

    my @names = $blocks =~ /^=== (.*)$/mg;
    for my $name (@names) {
        my ($expected) = $name =~ m{/(.*)/};
        my @failed = grep { /^not ok \d+ - \Q$name\E/ } @lines;
        my $wrong = defined $expected
            ? grep({ !/\Q$name\E.*$expected/ } @failed) || !@failed
            : scalar @failed;
        ok(!$wrong, "inner $name")
            or diag(@failed ? @failed : 'nothing failed');
    }
    ok(-s "$dir/failures/inner.t-2/error.log",
        'the logs of a failure are kept');
    ok(-s "$dir/failures/inner.t-2/nginx.conf", 'so is the configuration');
    ok(!-e "$dir/failures/inner.t-1", 'nothing is kept without a failure');
    ok(-s "$dir/logs/inner.t.log", 'all logs are collected');
    return;
}

# No process is left when a test file dies or is ended.
sub ends_with_the_test {
    my %code = (
        'dies'             => 'run_tests(); die "on purpose";',
        'exits'            => 'sub END_EARLY::now { exit 3 }',
        'is sent SIGTERM'  => '',
    );
    for my $how (sort keys %code) {
        my $dir  = File::Temp->newdir;
        my $init = $how eq 'exits'           ? 'END_EARLY::now()'
                 : $how eq 'is sent SIGTERM' ? 'sleep 60' : '1';
        my $blocks = <<"END";
=== TEST 1
--- config
--- init
print "port \$ENV{TEST_NGINX_SERVER_PORT} \$ENV{TEST_NGINX_UPSTREAM_PORT}",
    " \$ENV{TEST_NGINX_SERVROOT}\\n";
$init;
--- request
GET /
=== TEST 2
--- config
--- request
GET /
END
        my ($pid, $in) = start_inner($dir, $blocks, "\$| = 1;\n$code{$how}");
        my $line = <$in>;
        my ($port, $upstream, $root) = split ' ', ($line =~ /port (.*)/)[0];
        kill 'TERM', $pid if $how eq 'is sent SIGTERM';
        1 while <$in>;
        close $in;
        isnt($?, 0, "a test that $how does not succeed");
        ok(!connects($port), "nginx is gone when a test $how");
        ok(!connects($upstream), "the upstream is gone when a test $how");
        ok(!-e $root, "the directory is gone when a test $how");
    }
    return;
}

# The versions of nginx, and of what is made from it.
sub versions_are_read {
    my $dir = File::Temp->newdir;
    my $read = '$_ = "NginxTest::Nginx"; print join " ", $_->can("name")->(), '
        . '$_->can("version")->(), $_->can("keepalive_by_default")->() ? 1 : 0';
    for my $case (
        ['nginx/1.22.1 (Debian)' => 'nginx/1.22.1 1.022001 0'],
        ['nginx/1.29.6'          => 'nginx/1.29.6 1.029006 0'],
        ['nginx/1.29.7'          => 'nginx/1.29.7 1.029007 1'],
        ['openresty/1.31.3.1'    => 'openresty/1.31.3.1 1.031003 1'],
        ['freenginx/1.25.4'      => 'freenginx/1.25.4 1.025004 0'],
        ['freenginx/1.31.5'      => 'freenginx/1.31.5 1.025004 0'],
    ) {
        my ($printed, $expected) = @$case;
        my $binary = "$dir/nginx";
        open my $out, '>', $binary or die "$binary: $!";
        print $out "#!/bin/sh\necho 'nginx version: $printed' >&2\n";
        close $out;
        chmod 0755, $binary or die "$binary: $!";
        local $ENV{TEST_NGINX_BINARY} = $binary;
        is(`$^X -It/lib -MNginxTest::Nginx -e '$read'`, $expected,
            "the version of $printed");
    }
    return;
}

sub connects {
    my ($port) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
}

sub inner_blocks {
    my $pass = <<'END';
--- config
location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END
    my @expectations = (
        [''                => "response_body\nupstream ok\n"],
        ['/status code/'   => "error_code: 404\n"],
        ['/response_body/' => "response_body\nupstream  ok\n"],
        ['/response_body_like/'     => "response_body_like: down\n"],
        ['/header Content-Type ok/' => "response_headers\nContent-Type: a/b\n"],
        ['/header Content-Type is absent/'
                                => "response_headers\n! Content-Type\n"],
        ['/raw headers like/'   => "raw_response_headers_like: X-None\n"],
        ['/raw headers unlike/' => "raw_response_headers_unlike: Server\n"],
        ['/pattern "no such line" matches a line in error/'
                                => "error_log\nno such line\n"],
        ['/pattern "http up/'   => "no_error_log\nhttp upstream\n"],
        ['/grep_error_log_out/' =>
            "grep_error_log: http upstream\n--- grep_error_log_out\n"],
        ['/in access.log/'      => "access_log\nno such line\n"],
        ['/no line in access.log/' => "no_access_log\nGET /up\n"],
        ['/upstream_count/'        => "upstream_count: 2\n"],
        ['/upstream_connections/'  => "upstream_connections: 2\n"],
        ['/upstream_request/' =>
            "upstream_request\nGET /up HTTP/1.0\nHost: 127.0.0.1\n"],
        ['/upstream_request - number/' =>
            "upstream_request eval\n['GET', 'GET']\n"],
        ['/upstream_request_like/'   => "upstream_request_like: ^POST\n"],
        ['/upstream_request_like - number/' =>
            "upstream_request_like eval\n[]\n"],
        ['/upstream_request_unlike/' => "upstream_request_unlike: ^GET\n"],
        ['/must_die|die as expected/' => "must_die\n"],
        ['/unknown section/'         => "reponse_body: upstream ok\n"],
        ['/error in a section/'      => "error_log eval\nqr/(/\n"],
        ['/no environment variable/' =>
            "response_body: \$TEST_NGINX_NO_SUCH_THING\n"],
        ['/several requests need/'   =>
            "pipelined_requests eval\n['GET /up', 'GET /up']\n"
            . "--- response_body: x\n"],
        ['/bad time/'                => "timeout: soon\n"],
        ['/which is not running/'    => "dns: example.com\n"],
        ['/s3/'                      => "s3_log_like: GET\n"],
        ['/status code|timed out/' => "timeout: 0.2\n"
            . "--- upstream_response eval\n{delay => 1}\n"],
        ['/short|status|response_body/' =>
            "upstream_response\nHTTP/1.1 200 OK\nContent-Length: 99\n\nabc\n"
            . "--- response_body\nabcd\n"],
        ['/unexpected line .* .crit/' => "init\n"
            . "open my \$out, '>>', server_root() . '/logs/error.log';\n"
            . "print \$out '2000/01/01 00:00:00 [crit] 1#1: made up';\n"],
        ['/exited on signal/' => "error_log\n[alert]\n--- init\n"
            . "kill 'SEGV', NginxTest::Nginx::worker_pids();\n"
            . "--- wait: 0.1\n"],
    );
    my $number = 0;
    my $text   = '';
    for my $expectation (@expectations) {
        my ($name, $sections) = @$expectation;
        $number++;
        $text .= "=== TEST $number: $name\n$pass--- $sections";
        $text .= "--- request\nGET /up\n" unless $sections =~ /pipelined/;
    }
    $number++;
    $text .= "=== TEST $number: /nginx starts/\n"
        . "--- config\nbogus;\n--- request\nGET /\n";
    $number++;
    $text .= "=== TEST $number: /status code/ of a case: 404\n"
        . "$pass--- cases\ncode\n404\n--- request\nGET /up\n"
        . "--- error_code: %code%\n";
    return $text;
}

__DATA__

=== TEST 1: the recording upstream shows a request as it arrived
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a%20b?x=/y&z
--- more_headers
X-One: 1
X-Two:   two
--- response_body
upstream ok
--- response_headers
Content-Type: text/plain
Content-Length: 12
! X-One
X-Two:
--- upstream_request
GET /a%20b?x=/y&z HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT
X-One: 1
X-Two: two
--- upstream_count: 1
--- upstream_connections: 1
--- no_error_log
[error]

=== TEST 2: a body of a certain length, through a unix socket
--- config
location / {
    proxy_pass http://unix:$TEST_NGINX_UPSTREAM_SOCKET:;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host port-$TEST_NGINX_REFUSED_PORT;
}
--- request
PUT /b
line 1
line 2
--- upstream_request
PUT /b HTTP/1.1
Host: port-$TEST_NGINX_REFUSED_PORT
Content-Length: 13

line 1
line 2

=== TEST 3: a chunked body arrives chunked
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_request_buffering off;
    proxy_set_header Host h;
}
--- request eval
[["POST /c\r\n5\r\nhello\r\n",
  {value => "6\r\n world\r\n0\r\n\r\n", delay_before => 0.3}]]
--- more_headers
Transfer-Encoding: chunked
--- upstream_request eval
"POST /c HTTP/1.1\r\nHost: h\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"

=== TEST 4: several requests
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
location = /none { return 404; }
--- request eval
["GET /1", "GET /none", "POST /2\nbody"]
--- more_headers eval
["X-N: 1", "", "X-N: 2"]
--- error_code eval
[200, 404, 200]
--- response_body eval
["upstream ok\n", qr/404 Not Found/, "upstream ok\n"]
--- upstream_request eval
["GET /1 HTTP/1.1\nHost: h\nX-N: 1\n\n",
 "POST /2 HTTP/1.1\nHost: h\nContent-Length: 4\n"
 . "X-N: 2\n\nbody"]
--- upstream_request_like eval
[qr/^GET/, qr/^X-N: 2\n\nbody\z/m]
--- upstream_request_unlike: X-N: 3

=== TEST 5: the upstream keeps connections alive
--- http_config
upstream backend { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 2; }
--- config
location / {
    proxy_pass http://backend;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
--- request eval
["GET /1", "HEAD /2", "GET /3"]
--- response_body eval
["upstream ok\n", "", "upstream ok\n"]
--- response_headers eval
["Content-Length: 12", "Content-Length: 12", "Content-Length: 12"]
--- upstream_count: 3
--- upstream_connections: 1

=== TEST 6: after a reset, the next server
--- http_config
upstream backend {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    server unix:$TEST_NGINX_UPSTREAM_SOCKET;
}
--- config
location / {
    proxy_pass http://backend;
    proxy_next_upstream error;
}
--- request
GET /
--- upstream_response eval
['reset', "HTTP/1.1 200 OK\nX-Try: 2\nContent-Length: 3\n\nabc"]
--- response_headers
X-Try: 2
--- response_body chop
abc
--- upstream_count: 2
--- upstream_connections: 2
--- error_log
Connection reset by peer

=== TEST 7: after an end without an answer, the next server
--- http_config
upstream backend {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    server unix:$TEST_NGINX_UPSTREAM_SOCKET;
}
--- config
location / { proxy_pass http://backend; }
--- request
GET /
--- upstream_response eval
['close', undef]
--- response_body
upstream ok
--- upstream_count: 2
--- error_log
upstream prematurely closed connection

=== TEST 8: the port on which nothing listens
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_REFUSED_PORT; }
--- request
GET /
--- error_code: 502
--- error_log
Connection refused
--- upstream_count: 0

=== TEST 9: a late answer
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_read_timeout 100ms;
}
--- request
GET /
--- upstream_response eval
{delay => 0.5, response => "HTTP/1.1 200 OK\n\n"}
--- error_code: 504
--- error_log eval
qr/upstream timed out \(110: .*\) while reading response header/

=== TEST 10: the last answer is repeated; an answer in plain text
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request eval
["GET /1", "GET /2"]
--- upstream_response
HTTP/1.1 404 Not Found
X-A: b
Content-Length: 5

none
--- error_code eval
[404, 404]
--- response_headers eval
["X-A: b", "X-A: b"]
--- response_body eval
["none\n", "none\n"]

=== TEST 11: an answer without a body
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
DELETE /1
--- upstream_response
HTTP/1.1 204 No Content
X-A: b
--- error_code: 204
--- response_headers
X-A: b

=== TEST 12: answers from a sub, one for each slice
--- config
location / {
    slice 10;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_set_header Range $slice_range;
}
--- request
GET /
--- upstream_response eval: $::Ranges
--- response_body chop
abcdefghijklmnopqrstuvwxy
--- upstream_request_like eval
[qr/^Range: bytes=0-9$/m, qr/^Range: bytes=10-19$/m, qr/^Range: bytes=20-29$/m]

=== TEST 13: an answer which breaks off
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /
--- upstream_response eval
{response => "HTTP/1.1 200 OK\nContent-Length: 100\n\nabc", then => 'close'}
--- response_body chop
abc
--- error_log
upstream prematurely closed connection

=== TEST 14: large bodies both ways
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request eval
"POST /\n" . "x" x 1_000_000
--- upstream_response eval
"HTTP/1.1 200 OK\nContent-Length: 2000000\n\n" . "y" x 2_000_000
--- response_body eval
"y" x 2_000_000
--- upstream_request_like eval
qr/\nContent-Length: 1000000\n\nx{30000}/
--- error_log
a client request body is buffered

=== TEST 15: nginx must not start
--- config
no_such_directive on;
--- must_die
--- error_log
unknown directive "no_such_directive"
--- no_error_log
upstream

=== TEST 16: grep_error_log
--- config
location / { rewrite ^/(.)(.)$ /$2$1; rewrite_log on; return 200 ok; }
--- request
GET /ab
--- grep_error_log eval
qr/rewritten data: "[^"]*"/
--- grep_error_log_out
rewritten data: "/ba"
--- response_body chop
ok

=== TEST 17: the log level
--- config
location / { return 200 "ok\n"; }
--- log_level: warn
--- request
GET /
--- no_error_log
[debug]
[notice]

=== TEST 18: names from the DNS server
--- config
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
location ~ ^/(.*)$ { proxy_pass http://$1:$TEST_NGINX_UPSTREAM_PORT; }
--- dns
s3.test
example.com 127.0.0.1
--- request eval
["GET /films.s3.test", "GET /s3.test", "GET /example.com", "GET /xs3.test"]
--- error_code eval
[200, 200, 200, 502]
--- error_log eval
[qr/Host not found|films\.s3\.test|s3\.test|example\.com/]
--- upstream_count: 3

=== TEST 19: names from the DNS server with both address families
--- config
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT;
location ~ ^/(.*)$ { proxy_pass http://$1:$TEST_NGINX_UPSTREAM_PORT; }
--- dns: test
--- request
GET /a.test
--- response_body
upstream ok

=== TEST 20: without a dns section there are no names
--- config
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
location ~ ^/(.*)$ { proxy_pass http://$1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /a.test
--- error_code: 502
--- error_log
a.test could not be resolved (3: Host not found)

=== TEST 21: files
--- config
location / { root $TEST_NGINX_HTML_DIR; }
--- user_files
>>> a.txt
text of a
>>> sub/b.txt
text of b
--- request eval
["GET /a.txt", "GET /sub/b.txt", "GET /index.html"]
--- response_body eval
["text of a\n", "text of b\n", qr/It works/]

=== TEST 22: pipelined requests
--- config
location / { return 200 "$uri $http_x\n"; }
--- pipelined_requests eval
["GET /1", "GET /2"]
--- more_headers
X: y
--- response_body eval
["/1 y\n", "/2 y\n"]

=== TEST 23: a raw request in pieces
--- config
location / { return 200 "$uri $host\n"; }
--- raw_request eval
["GET /raw HTTP/1.1\r\nHo", "st: x.y\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.05
--- response_body
/raw x.y

=== TEST 24: a body in pieces, with a pause
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
}
--- request eval
[["POST /\nabc", {value => "def", delay_before => 0.05}]]
--- upstream_request
POST / HTTP/1.1
Host: h
Content-Length: 6

abcdef

=== TEST 25: HTTP/2
--- config
location / { return 200 "$server_protocol $request_method $http_x\n"; }
--- http2
--- request
GET /
--- more_headers
X: y
--- response_headers
content-type: text/plain
--- response_body
HTTP/2.0 GET y

=== TEST 26: HTTP/2 with a body
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host h;
    proxy_set_header User-Agent "";
    proxy_set_header Accept "";
}
--- http2
--- request
PUT /x/../y
body
--- upstream_request
PUT /x/../y HTTP/1.1
Host: h
Content-Length: 4

body

=== TEST 27: access.log
--- config
location / { return 200 "ok\n"; }
--- request
GET /logged
--- access_log
"GET /logged HTTP/1.1" 200
--- no_access_log
404

=== TEST 28: chunked responses, and repeated headers
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- request
GET /
--- upstream_response
HTTP/1.1 200 OK
X-A: 1
X-A: 2

until the end
--- response_headers
Transfer-Encoding: chunked
X-A: 1, 2
--- raw_response_headers_like: X-A: 1\r\nX-A: 2\r\n
--- raw_response_headers_unlike: Content-Length
--- response_body
until the end

=== TEST 29: a block is skipped by the version of nginx
--- config
bogus;
--- request
GET /
--- skip_nginx: 2: >= 1.0.0: on purpose

=== TEST 30: a block is skipped by Perl code
--- config
bogus;
--- request
GET /
--- skip_eval: 1: 1 + 1 == 2

=== TEST 31: a block is not skipped
--- config
location / { return 200 "$TEST_NGINX_SERVER_PORT\n"; }
--- request
GET /
--- skip_nginx: 2: < 1.0.0
--- skip_eval: 1: 0
--- response_body
$TEST_NGINX_SERVER_PORT

=== TEST 32: no request of an earlier block is left over
--- config
location / { return 200 ok; }
--- request
GET /
--- upstream_count: 0
--- upstream_connections: 0

=== TEST 33: an expected alert is no failure
--- config
location / { return 200 ok; }
--- init
kill 'SEGV', NginxTest::Nginx::worker_pids();
--- request
GET /
--- wait: 0.1
--- error_log
[alert]
exited on signal 11

=== TEST 34: cases: %method% is answered with %code%
--- cases
method | return      | code
GET    | return 200; | 200
PUT    |             | 405
--- config
location / { %return% }
--- request eval: "%method% /"
--- error_code: %code%
