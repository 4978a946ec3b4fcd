package NginxTest::Client;

# The HTTP client: makes requests of the request sections, sends them byte for
# byte, and parses the responses.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EINPROGRESS);
use IO::Select ();
use IO::Socket::INET ();
use Time::HiRes qw(sleep time);

use NginxTest::Env qw(server_port);
use NginxTest::Process qw(spawn is_alive stop_process wait_until exit_status);

# The requests of a block: an array of requests, each an array of packets,
# each a hash with value and, optionally, delay_before. The sections are given
# expanded.
sub requests {
    my ($section) = @_;

    if (defined(my $raw = $section->{raw_request})) {
        return [packets(ref $raw ? @$raw : $raw)];
    }
    return [pipeline($section)] if defined $section->{pipelined_requests};

    my $request = $section->{request};
    die "no request section\n" unless defined $request;
    if (!ref $request) {
        $request =~ s/\A\s+//;
        $request = [$request];
    }
    die "the request section is neither a string nor an array\n"
        unless ref $request eq 'ARRAY';

    my @requests;
    for my $index (0 .. $#$request) {
        my @packets = packets(ref $request->[$index] eq 'ARRAY'
            ? @{$request->[$index]} : $request->[$index]);
        complete(\@packets, headers_for($section, $index), 'close');
        push @requests, \@packets;
    }
    return @requests;
}

sub packets {
    my (@packets) = @_;

    return map { ref $_ ? {%$_} : {value => $_} } @packets;
}

sub pipeline {
    my ($section) = @_;

    my $requests = $section->{pipelined_requests};
    die "pipelined_requests is not an array\n" unless ref $requests eq 'ARRAY';
    my $bytes = '';
    for my $index (0 .. $#$requests) {
        my @packets = ({value => $requests->[$index]});
        complete(\@packets, headers_for($section, $index),
            $index == $#$requests ? 'close' : 'keep-alive');
        $bytes .= $packets[0]{value};
    }
    return {value => $bytes};
}

# The header lines of the index-th request, with CRLF.
sub headers_for {
    my ($section, $index) = @_;

    my $more = $section->{more_headers};
    if (ref $more eq 'ARRAY') {
        $more = $more->[$index];
        die "more_headers has no entry for request $index\n"
            unless defined $more;
    }

    my $lines = '';
    for my $line (split /\r?\n/, $more // '') {
        next unless $line =~ /\S/;
        my ($name, $value) = split /:\s*/, $line, 2;
        $lines .= "$name: " . ($value // '') . "\r\n";
    }
    return $lines;
}

# Turns "METHOD [URI [VERSION]]" and the body after that line into a complete
# request, without moving the borders between packets: the request line and
# the headers are all in the first packet.
sub complete {
    my ($packets, $headers, $connection) = @_;

    my $whole = join '', map { $_->{value} } @$packets;
    my ($line, $body) = $whole =~ /\A[ \t]*([^\n]*)\n?(.*)\z/s;
    my ($method, $uri, $version, @rest) = split ' ', $line;
    die "bad request line: '$line'\n" if !defined $method || @rest;
    $uri     //= '/';
    $version //= 'HTTP/1.1';

    my $chunked = $headers =~ /^Transfer-Encoding: chunked\r$/im;
    my $length  = '';
    if (length $body && !$chunked && $headers !~ /^Content-Length:/m) {
        # White space around a body that we measure belongs to the section.
        $body =~ s/\A\s+|\s+\z//g;
        $length = 'Content-Length: ' . length($body) . "\r\n";
    }
    my $head = "$method $uri $version\r\n";
    $head .= "Host: localhost\r\n" unless $headers =~ /^Host:/im;
    $head .= "Connection: $connection\r\n"
        unless $headers =~ /^Connection/im;
    $head .= "$headers$length\r\n";

    return spread($packets, $whole, $head, $body);
}

# Puts the new head and body in place of the old ones.
sub spread {
    my ($packets, $whole, $head, $body) = @_;

    if (@$packets == 1) {
        $packets->[0]{value} = $head . $body;
        return;
    }

    # The first packet has to hold the whole request line: what is left of
    # each packet is then a piece of the body.
    my ($line) = $whole =~ /\A([^\n]*\n?)/;
    die "the first packet must hold the request line\n"
        if length $packets->[0]{value} < length $line;
    $packets->[0]{value} = $head . substr $packets->[0]{value}, length $line;
    my $surplus = length(substr $whole, length $line) - length $body;
    $packets->[-1]{value} =~ s/\s{$surplus}\z// if $surplus > 0;
    return;
}

# Sends one request on a new connection and reads to the end of it; returns
# the bytes received and, after a failure, a complaint.
sub send_request {
    my ($packets, $timeout, $middle_delay) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => server_port(),
        Proto    => 'tcp',
        Timeout  => $timeout,
    ) or return ('', 'cannot connect to nginx: ' . ($@ || $!));
    $socket->blocking(0);

    my $state = {
        socket => $socket, in => '', out => '', timeout => $timeout,
        packets => [@$packets], middle_delay => $middle_delay,
    };
    my $complaint = talk($state);
    close $socket;
    return ($state->{in}, $complaint);
}

# Writes and reads at the same time: nginx may answer and close early.
sub talk {
    my ($state) = @_;

    my $socket = $state->{socket};
    my $select = IO::Select->new($socket);
    while (1) {
        next_packet($state);
        my ($can_read, $can_write) = IO::Select->select(
            $select, length $state->{out} ? $select : undef, undef,
            $state->{timeout});
        return "client socket timed out after $state->{timeout} seconds"
            unless $can_read || $can_write;

        if (@$can_read) {
            my $n = sysread $socket, $state->{in}, 65536, length $state->{in};
            if (!defined $n) {
                next if $! == EAGAIN || $! == EINTR;
                return "reading failed: $!";
            }
            return if $n == 0;
        }
        if (@$can_write) {
            my $n = syswrite $socket, $state->{out};
            if (defined $n) {
                substr $state->{out}, 0, $n, '';
            } elsif ($! != EAGAIN && $! != EINTR) {
                # The response may be there all the same.
                $state->{out} = '';
                $state->{packets} = [];
            }
        }
    }
}

sub next_packet {
    my ($state) = @_;

    return if length $state->{out} || !@{$state->{packets}};
    sleep $state->{pause} if $state->{pause};
    my $packet = shift @{$state->{packets}};
    sleep $packet->{delay_before} if $packet->{delay_before};
    $state->{pause} = $state->{middle_delay};
    $state->{out}   = $packet->{value};
    return;
}

# Takes the first response off the bytes. Returns a hash of status, head (raw),
# headers (an array of [name, value]), body (decoded) and rest.
sub parse_response {
    my ($bytes, $is_head) = @_;

    my %response = (status => '', head => '', headers => [], body => '',
                    rest => '', complaint => undef);
    my ($status, $head, $body) = $bytes =~
        m{\A(?:HTTP/\S+ +(\d+)[^\r\n]*)\r?\n((?:[^\r\n]+\r?\n)*)\r?\n(.*)\z}s
        or return {%response, body => $bytes};
    @response{qw(status body)} = ($status, $body);
    ($response{head}) = $bytes =~ /\A(.*?\n)\r?\n/s;
    $response{headers} =
        [map { /^([^:]+):[ \t]*(.*?)[ \t]*\r?$/ ? [$1, $2] : () }
         split /\n/, $head];

    if ($status == 304 || $status == 204 || $status == 101 || $is_head) {
        @response{qw(body rest)} = ('', $body);
    } elsif (lc(header(\%response, 'Transfer-Encoding') // '') eq 'chunked') {
        @response{qw(body rest complaint)} = dechunk($body);
    } elsif (defined(my $length = header(\%response, 'Content-Length'))) {
        $response{body} = substr $body, 0, $length;
        $response{rest} = length $body > $length ? substr $body, $length : '';
        $response{truncated} = 1 if length $body < $length;
    }
    return \%response;
}

# The value of a header, several joined by commas, undef if it is absent.
sub header {
    my ($response, $name) = @_;

    my @values = map { $_->[1] }
        grep { lc $_->[0] eq lc $name } @{$response->{headers}};
    return @values ? join(', ', @values) : undef;
}

sub dechunk {
    my ($raw) = @_;

    my $body = '';
    while ($raw =~ /\G[ \t]*([0-9A-Fa-f]+)[^\r\n]*\r\n/gc) {
        my $size = hex $1;
        if ($size == 0) {
            $raw =~ /\G(?:[^\r\n]+\r\n)*\r\n/gc
                or return ($body, '', 'the chunked body has no end');
            return ($body, substr($raw, pos $raw), undef);
        }
        $body .= substr $raw, pos $raw, $size;
        return ($body, '', 'a chunk of the response is too short')
            if pos($raw) + $size > length $raw;
        pos($raw) += $size;
        $raw =~ /\G\r\n/gc
            or return ($body, '', 'a chunk of the response has no end');
    }
    return ($body, '', 'the chunked body has no last chunk');
}

# Sends the request with curl over HTTP/2 without TLS; returns as above.
sub send_by_curl {
    my ($packets, $timeout, $dir) = @_;

    my $request = join '', map { $_->{value} } @$packets;
    my ($method, $uri, $head, $body) =
        $request =~ /\A(\S+) (\S+) \S+\r\n(.*?)\r\n\r\n(.*)\z/s
        or return ('', 'cannot make a curl command of this request');
    my @command = ('curl', '-i', '-sS', '-g', '--path-as-is',
        '--http2', '--http2-prior-knowledge', '--max-time', $timeout,
        $method eq 'HEAD' ? '-I' : ('-X', $method));
    for my $line ($head =~ /^(.*?)\r?$/mg) {
        # Connection headers are not allowed in HTTP/2.
        next if $line !~ /:/ || $line =~ /^(?:Connection|Content-Length):/i;
        push @command, '-H', $line =~ s/:\s*\z/;/r;
    }
    if (length $body) {
        push @command, '-H', 'Content-Type:' unless $head =~ /^Content-Type:/im;
        open my $out, '>:raw', "$dir/curl.body" or die "curl.body: $!\n";
        print $out $body;
        close $out;
        push @command, '--data-binary', "\@$dir/curl.body";
    }
    push @command, 'http://127.0.0.1:' . server_port() . $uri;

    my %output = (stdout => "$dir/curl.out", stderr => "$dir/curl.err");
    my $pid = spawn('curl', \@command, %output);
    wait_until($timeout + 1, sub { !is_alive($pid) }) or stop_process($pid);
    my ($out, $err) = map {
        open my $in, '<:raw', $_ or die "$_: $!\n";
        local $/;
        scalar(<$in>) // '';
    } @output{qw(stdout stderr)};
    return ($out, $err =~ /\S/ ? "curl: $err" : undef);
}

1;
