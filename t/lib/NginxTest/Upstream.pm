package NginxTest::Upstream;

# The recording upstream: an HTTP server on a TCP port and on a unix socket that
# records every request, byte for byte, and answers as the block sets. The
# listening sockets live as long as the test file, so that the addresses stay the
# same; a child process serves them during one block.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use Socket qw(SOMAXCONN);

use NginxTest::Process qw(fork_worker stop_process);

use constant {
    CHUNK => 65536,
    IDLE  => 1,       # seconds between two looks at whether the parent lives
};

sub new {
    my ($class, $dir) = @_;

    my $path = "$dir/upstream.sock";
    my $tcp  = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => 0,
        Proto     => 'tcp',
        Listen    => SOMAXCONN,
    ) or die "cannot listen for the recording upstream: $!\n";
    my $unix = IO::Socket::UNIX->new(
        Local  => $path,
        Listen => SOMAXCONN,
    ) or die "cannot listen on $path: $!\n";
    chmod 0777, $path;
    $_->blocking(0) for $tcp, $unix;

    return bless {
        listeners => [$tcp, $unix],
        port      => $tcp->sockport,
        path      => $path,
        record    => "$dir/upstream.record",
    }, $class;
}

sub port { my ($self) = @_; return $self->{port} }
sub path { my ($self) = @_; return $self->{path} }

# Starts to serve with the answers given: see NginxTest for what they can be.
sub start {
    my ($self, @answers) = @_;

    $self->stop;
    $self->drain;
    open my $out, '>:raw', $self->{record}
        or die "cannot write $self->{record}: $!\n";
    $out->autoflush(1);
    $self->{pid} = fork_worker('recording upstream', sub {
        NginxTest::Upstream::Loop->new($self->{listeners}, $out, @answers)
            ->run;
    });
    return;
}

sub stop {
    my ($self) = @_;

    stop_process(delete $self->{pid}, [TERM => 1]) if $self->{pid};
    return;
}

# Connections left over from the block before must not count in the next one.
sub drain {
    my ($self) = @_;

    for my $listener (@{$self->{listeners}}) {
        while (my $socket = $listener->accept) {
            close $socket;
        }
    }
    return;
}

# What has arrived up to now: the requests, the number of connections, and the
# beginnings of requests which never were complete.
sub seen {
    my ($self) = @_;

    my %seen = (requests => [], partial => [], connections => 0);
    open my $in, '<:raw', $self->{record} or return \%seen;
    while (my $line = <$in>) {
        my ($kind, $length) = $line =~ /^(\w+) (\d+)$/ or last;
        my $bytes = '';
        read($in, $bytes, $length) == $length or last if $length;
        if ($kind eq 'connection') { $seen{connections}++ }
        else                       { push @{$seen{$kind}}, $bytes }
    }
    return \%seen;
}

package NginxTest::Upstream::Loop;

# The event loop in the child process.

use strict;
use warnings;

use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

sub new {
    my ($class, $listeners, $out, @answers) = @_;

    return bless {
        listeners => $listeners,
        out       => $out,
        answers   => \@answers,
        answered  => 0,
        parent    => getppid(),
        conns     => {},
    }, $class;
}

sub run {
    my ($self) = @_;

    my %listener = map { fileno($_) => 1 } @{$self->{listeners}};
    while (getppid() == $self->{parent}) {
        my ($can_read, $can_write) = $self->wait_for_events;
        for my $handle (@$can_read) {
            my $is_listener = $listener{fileno($handle) // -1};
            $is_listener ? $self->accept_all($handle)
                         : $self->on_readable($handle);
        }
        for my $handle (@$can_write) {
            $self->on_writable($handle);
        }
        $self->answer_delayed;
    }
    return;
}

sub wait_for_events {
    my ($self) = @_;

    my $read  = IO::Select->new(@{$self->{listeners}});
    my $write = IO::Select->new;
    my $limit = NginxTest::Upstream::IDLE;
    for my $conn (values %{$self->{conns}}) {
        $read->add($conn->{socket});
        $write->add($conn->{socket}) if length $conn->{out};
        next unless $conn->{due};
        my $left = $conn->{due} - time();
        $limit = $left > 0 ? $left : 0 if $left < $limit;
    }
    my ($can_read, $can_write) =
        IO::Select->select($read, $write, undef, $limit);
    return ($can_read || [], $can_write || []);
}

sub accept_all {
    my ($self, $listener) = @_;

    while (my $socket = $listener->accept) {
        $socket->blocking(0);
        $self->record('connection', '');
        $self->{conns}{fileno $socket} =
            {socket => $socket, in => '', out => ''};
    }
    return;
}

sub record {
    my ($self, $kind, $bytes) = @_;

    # One write a record, so that a reader never sees half a head line.
    syswrite $self->{out}, "$kind " . length($bytes) . "\n$bytes";
    return;
}

sub conn_of {
    my ($self, $socket) = @_;

    my $fd = fileno $socket;
    return defined $fd ? $self->{conns}{$fd} : undef;
}

sub on_readable {
    my ($self, $socket) = @_;

    my $conn = $self->conn_of($socket) or return;
    my $n = sysread $socket, $conn->{in}, NginxTest::Upstream::CHUNK,
        length $conn->{in};
    if (!defined $n) {
        return if $!{EAGAIN} || $!{EINTR};
        return $self->drop($conn);
    }
    return $self->drop($conn) if $n == 0;
    $self->serve($conn);
    return;
}

# Serves requests of the input while no answer is being sent: answers are in the
# order of the requests.
sub serve {
    my ($self, $conn) = @_;

    # An answer that is sent at once calls this function again.
    return if $conn->{serving};
    local $conn->{serving} = 1;
    while (!$conn->{due} && !length $conn->{out} && !$conn->{gone}) {
        my $length = request_length($conn->{in}) or last;
        my $request = substr $conn->{in}, 0, $length, '';
        $self->record('requests', $request);
        $self->answer($conn, $request, $self->next_answer($request));
    }
    return;
}

# The length of the first request in the buffer, 0 if it is not complete.
sub request_length {
    my ($buffer) = @_;

    my $end = index $buffer, "\r\n\r\n";
    return 0 if $end < 0;
    my $head = substr $buffer, 0, $end + 2;
    my $body = $end + 4;

    return chunked_end($buffer, $body)
        if $head =~ /^Transfer-Encoding:[^\r\n]*\bchunked\b/im;
    my $length = $head =~ /^Content-Length:\s*(\d+)/im ? $1 : 0;
    return length($buffer) >= $body + $length ? $body + $length : 0;
}

# Where the chunked body that begins at $at ends, 0 if it is not complete.
sub chunked_end {
    my ($buffer, $at) = @_;

    while (1) {
        my $eol = index $buffer, "\r\n", $at;
        return 0 if $eol < 0;
        my ($size) = substr($buffer, $at, $eol - $at) =~ /^([0-9a-f]+)/i
            or die "bad chunk size in a request\n";
        $at = $eol + 2;
        last if hex($size) == 0;
        $at += hex($size) + 2;
        return 0 if $at > length $buffer;
    }

    # Trailers up to the empty line.
    while (1) {
        my $eol = index $buffer, "\r\n", $at;
        return 0 if $eol < 0;
        my $empty = $eol == $at;
        $at = $eol + 2;
        return $at if $empty;
    }
}

sub next_answer {
    my ($self, $request) = @_;

    my $answers = $self->{answers};
    my $index   = $self->{answered}++;
    $index = $#$answers if $index > $#$answers;
    return @$answers ? $answers->[$index] : undef;
}

sub answer {
    my ($self, $conn, $request, $answer) = @_;

    $answer = $answer->($request) if ref $answer eq 'CODE';
    $answer = {response => $answer} unless ref $answer eq 'HASH';
    if ($answer->{delay}) {
        $conn->{due}     = time() + $answer->{delay};
        $conn->{pending} = [$request, $answer];
        return;
    }
    $self->send_answer($conn, $request, $answer);
    return;
}

sub answer_delayed {
    my ($self) = @_;

    for my $conn (values %{$self->{conns}}) {
        next if !$conn->{due} || $conn->{due} > time();
        delete $conn->{due};
        $self->send_answer($conn, @{delete $conn->{pending}});
        $self->serve($conn);
    }
    return;
}

sub send_answer {
    my ($self, $conn, $request, $answer) = @_;

    my $response = $answer->{response};
    $response = $response->($request) if ref $response eq 'CODE';
    $response = default_response()    if !defined $response;
    return $self->drop($conn)  if $response =~ /\A\s*close\s*\z/;
    return $self->reset($conn) if $response =~ /\A\s*reset\s*\z/;

    if (!$answer->{raw}) {
        my ($head, $body) = wire_form($response);
        $body = '' if $request =~ /\AHEAD /;
        $conn->{then} = 'close' unless stays_open($request, $head);
        $response = $head . $body;
    }
    $conn->{then} = $answer->{then} if $answer->{then};
    $conn->{out}  = $response;
    $self->on_writable($conn->{socket});
    return;
}

sub default_response {
    my $body = "upstream ok\n";
    return "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: "
        . length($body) . "\n\n$body";
}

# The head with CRLF and the empty line at its end, and the body.
sub wire_form {
    my ($response) = @_;

    my ($head, $body) = $response =~ /\A(.*?)\r?\n\r?\n(.*)\z/s
        ? ($1, $2) : ($response, '');
    $head =~ s/[\r\n]+\z//;
    $head =~ s/\r?\n/\r\n/g;
    return ("$head\r\n\r\n", $body);
}

# Whether the connection lives on after this exchange.
sub stays_open {
    my ($request, $head) = @_;

    my ($request_head) = $request =~ /\A(.*?\r\n)\r\n/s;
    return 0 if "$request_head$head" =~ /^Connection:[^\r\n]*\bclose\b/im;
    return 0 if $request_head =~ /\A[^\r\n]* HTTP\/1\.0\r\n/
             && $request_head !~ /^Connection:[^\r\n]*\bkeep-alive\b/im;
    # Without a length, the end of the connection is the end of the body.
    return $request =~ /\AHEAD /
        || $head =~ /\AHTTP\/\S+ (?:1\d\d|204|304)\b/
        || $head =~ /^(?:Content-Length|Transfer-Encoding):/im;
}

sub on_writable {
    my ($self, $socket) = @_;

    my $conn = $self->conn_of($socket) or return;
    while (length $conn->{out}) {
        my $n = syswrite $socket, $conn->{out}, NginxTest::Upstream::CHUNK;
        if (!defined $n) {
            return if $!{EAGAIN} || $!{EINTR};
            return $self->drop($conn);
        }
        substr $conn->{out}, 0, $n, '';
    }

    # Requests sent ahead on the same connection have waited in the input.
    my $then = $conn->{then} or return $self->serve($conn);
    return shutdown $socket, 1 if $then eq 'shutdown';
    return $then eq 'reset' ? $self->reset($conn) : $self->drop($conn);
}

sub reset {
    my ($self, $conn) = @_;

    # A linger time of zero makes close send a reset.
    setsockopt $conn->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    return $self->drop($conn);
}

sub drop {
    my ($self, $conn) = @_;

    return if $conn->{gone}++;
    $self->record('partial', $conn->{in}) if length $conn->{in};
    delete $self->{conns}{fileno $conn->{socket}};
    close $conn->{socket};
    return;
}

1;
