package NginxTest;

# Test blocks for an nginx module. The manual is at the end of this file.

use strict;
use warnings;

use Test::Base -Base;

use NginxTest::Case ();
use NginxTest::Dns ();
use NginxTest::Env ();
use NginxTest::Filter ();
use NginxTest::Nginx ();
use NginxTest::S3Server ();
use NginxTest::Upstream ();

our @EXPORT = qw(
    run_tests no_root_location worker_connections
    server_port html_dir server_root s3_region other_modules
);

# Set before run_tests() if the S3 server is to insist on one region.
our $S3Region;

my $Timeout = $ENV{TEST_NGINX_TIMEOUT} || 3;
my @OtherModules;

# The ports are known as soon as the module is loaded, so that the Perl part
# of a test file can use them.
my $Upstream = NginxTest::Upstream->new(NginxTest::Env::work_dir());
$ENV{TEST_NGINX_UPSTREAM_PORT}   = $Upstream->port;
$ENV{TEST_NGINX_UPSTREAM_SOCKET} = $Upstream->path;

my $Dns;
if (NginxTest::Env::mentions('TEST_NGINX_DNS_PORT')) {
    $Dns = NginxTest::Dns->new;
    $ENV{TEST_NGINX_DNS_PORT} = $Dns->port;
}

sub run_tests() {
    $ENV{TEST_NGINX_LUA_DIR} = NginxTest::Nginx::lua_dir();
    my $s3;
    if (NginxTest::Env::mentions('TEST_NGINX_S3_PORT')) {
        $s3 = NginxTest::S3Server->new(NginxTest::Env::work_dir(), $S3Region);
        $ENV{TEST_NGINX_S3_PORT} = $s3->port;
    }

    NginxTest::Case::forget_failures();
    filters_delay();
    my @blocks = blocks();
    fail('the file has blocks') unless @blocks;
    for my $block (map { NginxTest::Case::cases($_) } @blocks) {
        for my $order (@OtherModules ? qw(before after) : '') {
            NginxTest::Case->new($block,
                upstream => $Upstream,
                dns      => $Dns,
                s3       => $s3,
                timeout  => $Timeout,
                others   => \@OtherModules,
                order    => $order,
            )->run;
        }
    }
    return;
}

sub no_root_location() { $NginxTest::Nginx::Setting{root_location} = 0; return }

sub worker_connections($) {
    $NginxTest::Nginx::Setting{worker_connections} = shift;
    return;
}

sub s3_region($)     { $S3Region = shift; return }
sub other_modules(@) { @OtherModules = @_; return }

sub server_port() { return NginxTest::Env::server_port() }
sub server_root() { return NginxTest::Env::serv_root() }
sub html_dir()    { return NginxTest::Env::serv_root() . '/html' }

1;

__END__

=head1 NAME

NginxTest - test blocks for an nginx module, in the manner of Test::Nginx

=head1 SYNOPSIS

    use lib 't/lib';
    use NginxTest 'no_plan';

    run_tests();

    __DATA__

    === TEST 1: a request is passed on
    --- config
    location /a {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    --- request
    GET /a/b
    --- upstream_request_like: ^GET /a/b HTTP

Run it from the root of the repository: C<prove -r t>, also with C<-j>.

Every block starts an nginx of its own in a temporary directory, in which
nothing is left from the block before. The sections of Test::Nginx::Socket
mean what they mean there, so that a block which uses no section and no
variable of our own runs there as well. A section unknown here is a failure.

Files use C<no_plan>: besides the tests listed below, things that must never
happen are reported as failures, but not as successes.

=head1 SECTIONS OF TEST::NGINX

Test::Base trims sections: empty lines before and after the text are removed, one
line end remains. With C<--- name: text> there is none. Filters follow the name:
C<eval> for Perl code, C<chop> to remove the last line end. An error in Perl code
is a failure.

=over

=item main_config, http_config, config

Parts of nginx.conf: main level, http level, server level. C<config> is required,
even if empty. The server has a C<location /> for the html directory after
C<config>; a file whose blocks define C<location /> calls C<no_root_location()>.

=item log_level

The level of error.log, C<debug> by default.

=item user_files

Files for the html directory: a line C<<< >>> name >>> before each, or an array
of C<[name, content]>.

=item request

C<METHOD [URI [VERSION]]> and, after this line, the body. C<Host: localhost>,
C<Connection: close> and C<Content-Length> are added unless C<more_headers> has
them; white space at both ends of a measured body is removed. With eval, an
array is a series of requests, each on a connection of its own; a request can
itself be an array of packets, strings or
C<< {value => ..., delay_before => seconds} >>.

With several requests, all expectations on responses must be arrays.

=item more_headers

Lines of headers, or an array with one string for each request.

=item raw_request, raw_request_middle_delay

The bytes to send, or an array of packets, and the pause between packets. It
must contain C<Connection: close>.

=item pipelined_requests

An array of requests for one connection, sent at once.

=item http2

The request is sent by curl in HTTP/2 without TLS.

=item timeout, wait

The seconds that the client waits (3 by default), and a pause before the logs
are read.

=item error_code, error_code_like

The status, 200 if there is no such section. Empty: there is no response.

=item response_headers

C<Name: value> lines: equal (a header that is absent equals an empty value;
values of headers with the same name are joined with C<, >). C<! Name>: the
header is absent.

=item raw_response_headers_like, raw_response_headers_unlike

A pattern for the head of the response.

=item response_body, response_body_like

The body, decoded if chunked: equal, or a pattern (with C</s>). A C<qr//> in
C<response_body> is a pattern, too. If there are both sections, only
C<response_body> is compared.

=item response_body_filters

A sub that is applied to the body first.

=item ignore_response

The response, or its absence, is not looked at.

=item error_log, no_error_log

Lines, or an array or one pattern by eval: each must (not) be a part of, or
match, a line of error.log. With several requests this is done after each of
them, with what was logged since the one before.

=item grep_error_log, grep_error_log_out

A string or pattern, and what it matches in error.log, one line for each line
of the log in which it does.

=item access_log, no_access_log

The same as for error.log, with access.log.

=item must_die

nginx must not start. C<error_log> is then compared with standard error, too.

=item skip_nginx, skip_eval

C<< N: < 1.22.0: reason >>, or C<< >= >>, skips the block, counted as N tests, if
the version of nginx is such; C<N: code> if the Perl code is true. See L</VERSIONS OF NGINX>.

=item init

Perl code to be run when nginx has started.

=item ONLY

Of Test::Base: runs only this block, while a test is written.

=back

=head1 SECTIONS OF OUR OWN

The recording upstream listens on C<127.0.0.1:$TEST_NGINX_UPSTREAM_PORT> and
C<unix:$TEST_NGINX_UPSTREAM_SOCKET>.

=over

=item upstream_request

The requests that arrived at the recording upstream, exactly: the head with LF
for CRLF, and, if there is one, the body after an empty line, as it was sent
(a chunked body with its chunks). Line ends at the very end are ignored. A string
is one request; an array by eval has an element for each request, undef for any.
The number must be equal.

=item upstream_request_like

The same with patterns (C</ms>), for the same form of the request. Text is one
pattern, even if it has several lines.

=item upstream_request_unlike

A pattern, or an array of patterns, none of which may match any request.

=item upstream_count, upstream_connections

The number of requests, and of connections accepted.

=item upstream_response

What the recording upstream answers: one answer, or an array by eval with one
for each request in the order of their arrival, the last of which repeats. An
answer is

=over

=item a string

The response. The head may have LF for CRLF; a response without an empty line
has no body. Nothing is added: without a Content-Length, the end of the
connection ends the body. The body is left out for HEAD.

=item C<reset>, C<close>

The connection is reset (RST), or closed without an answer, once the request
has been read.

=item undef

The default: status 200 and the body C<upstream ok> with an end of line.

=item a hash

C<response>: any of these. C<delay>: seconds to wait first. C<then>: C<close>,
C<reset>, or C<shutdown> of its own direction only, after the response. C<raw>: a true value for exactly these bytes, and
a connection that stays open.

=item a sub

Is given the raw request and returns an answer.

=back

=item s3_log_like, s3_log_unlike

Patterns, one on a line or in an array by eval, which must match a line, or may
not match any line, that the S3 server logged since the block began:
C<connection=N METHOD TARGET STATUS KIND>. C<KIND> is how the request is signed:
C<v4-headers>, C<v4-query>, C<v2-headers>, C<v2-query> or C<anonymous>. A request
with an ACL or a copy source, as a header or as an argument that acts as one, has
C< x-amz-acl=VALUE> and C< x-amz-copy-source=VALUE> after it.

The server is started in files whose text has C<TEST_NGINX_S3_PORT> in it. Its
objects and credentials are in t/fixtures. C<s3_region('...')> before
C<run_tests()> makes it insist on a region. It expects the service that the Host
names: C<s3-object-lambda>, C<s3-outposts> and C<s3express> for such hosts below
C<us-east-1.amazonaws.com>, else C<s3>. As Amazon S3 does, it checks the hashes,
checksums and lengths of uploads, trailing ones too, refuses a chunked upload
unless it is C<aws-chunked>, and honours the C<x-amz-*> arguments beside a
signature in the query as headers. Besides objects, parts and lists it has
CopyObject, UploadPartCopy, DeleteObjects and CreateBucket.

=item cases

A table: the names of its columns, and rows of cells, separated by C<|> between
spaces. The block is run for each row, with the cells in place of C<%COLUMN%> in
its name and its sections, before their filters. The name of the block has a
column in which all rows differ.

    === TEST 1: "%directive%" is duplicate
    --- cases
    directive | value
    s3_region | us-east-1
    s3_methods | GET
    --- config
    %directive% %value%;
    %directive% %value%;
    --- must_die

=item dns

Lines with a name and, optionally, addresses (127.0.0.1 by default): the DNS
server on C<127.0.0.1:$TEST_NGINX_DNS_PORT> answers A queries for these names
and all names below them. Other names do not exist; other types have no
records. C<ttl=SECONDS> after the name sets how long the answer is valid (60 by
default). In place of addresses, C<nxdomain> and C<servfail> answer with that
code, and C<silent> does not answer. The server is started in files whose text
has the variable in it.

C<init> code changes the lines by C<NginxTest::Dns::set_zones($lines)> and waits
by C<NginxTest::Dns::wait_for_answer($name, $answer)> until a query for the name
has been answered so. A request that is made then finds nginx with the answer, if
it has one worker.

=back

=head1 VERSIONS OF NGINX

The same files pass on every version of nginx that the module supports, and on
freenginx and OpenResty. A block sets what its expectations depend on and what
differs between the versions. From 1.29.7 on nginx sends HTTP/1.1 to upstreams,
without a Connection header; before, HTTP/1.0 with C<Connection: close>. A block
that compares the head of a request therefore has

    proxy_http_version 1.1;
    proxy_set_header Connection "";

where nginx's own choice is not what it tests. From 1.31.4 on nginx writes the
Host header before all others, and exactly one in HTTP/1.1: such a block sets
Host before other headers, and one that sends no Host sets HTTP/1.0.

Where nginx itself has changed there is a block for each behaviour, with
C<skip_nginx>, or the expectation is computed by these functions:

=over

=item NginxTest::Nginx::version()

The version as a number, 1.022001 for 1.22.1, which C<skip_nginx> compares.
OpenResty 1.31.3.1 is 1.031003. freenginx has none of the changes that nginx made
after 1.25.4: its later versions, whatever their number, are 1.025004.

=item NginxTest::Nginx::name()

The program and its version as on nginx's error pages: C<nginx/1.22.1>,
C<freenginx/1.27.2>, C<openresty/1.31.3.1>.

=item NginxTest::Nginx::keepalive_by_default()

Whether nginx, by itself, sends HTTP/1.1 and keeps the connections of upstream
blocks.

=back

=head1 MODULES OF OTHERS

C<other_modules(...)> before C<run_tests()> names modules of others, such as
C<ngx_http_lua_module>, in the order in which they are loaded. Every block is run
twice: nginx loads them before those of TEST_NGINX_LOAD_MODULES, and after. They
are files in the directory C<modules> beside the nginx program, as ci/setup puts
them there; where one is missing the blocks are skipped.

=head1 WHAT ALWAYS FAILS

Lines of level alert, crit or emerg in error.log up to the end of nginx, unless
C<error_log> or C<no_error_log> mentions C<[alert>, C<[crit> or C<[emerg>
(emerg is expected with must_die); processes that ended by a signal, panics and
failed assertions, unless mentioned likewise; an nginx that does not end
gracefully.

=head1 FUNCTIONS

Of Test::Nginx: run_tests, no_root_location, worker_connections, server_port,
html_dir, server_root. Of our own: s3_region, other_modules. C<init> code can
change the configuration of the running nginx with
C<NginxTest::Nginx::reload($sub)>.

=head1 ENVIRONMENT

C<$TEST_NGINX_X> is expanded in all sections, except in code (skip_eval, init,
subs, C<qr//>), which has C<%ENV>. Set by the user:

    TEST_NGINX_BINARY        the nginx program
    TEST_NGINX_LOAD_MODULES  paths of dynamic modules
    TEST_NGINX_S3_SERVER     the S3 server program
    TEST_NGINX_TIMEOUT       in place of 3
    TEST_NGINX_LOG_DIR       directory to which the logs and responses of all
                             blocks are appended, in a .log for each test file,
                             and the upstream's requests, in a .upstream
    TEST_NGINX_FAILURES_DIR  where the logs and configuration of a failed block
                             are kept, in place of t/failures

Set by the harness:

    TEST_NGINX_KEYS             s3_access_key and s3_secret_key of an account
                                of the S3 server, for blocks in which the
                                values do not matter
    TEST_NGINX_SERVER_PORT      the port of nginx
    TEST_NGINX_UPSTREAM_PORT    the recording upstream
    TEST_NGINX_UPSTREAM_SOCKET  the same on a unix socket
    TEST_NGINX_S3_PORT          the S3 server, known from run_tests() on
    TEST_NGINX_DNS_PORT         the DNS server
    TEST_NGINX_RAND_PORT_1..3   free ports, for servers of nginx
    TEST_NGINX_REFUSED_PORT     a port on which nothing listens
    TEST_NGINX_SERVROOT         the prefix of nginx
    TEST_NGINX_HTML_DIR         the directory of user_files
    TEST_NGINX_LUA_DIR          the directory lua beside the nginx program

=cut
