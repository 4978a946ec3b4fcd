package NginxTest::Dns;

# A small DNS server on a UDP port: it answers A queries for the names of the
# block's dns section, and all names below them, and knows no other names. The
# zones are in a file that is read for each query, so that they can change
# while nginx runs; each query is logged after its answer has been sent.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();

use NginxTest::Env qw(work_dir);
use NginxTest::Process qw(fork_worker stop_process wait_until);

use constant {CLASS_IN => 1, TTL => 60, WAIT_LIMIT => 20};

my %Type = (1 => 'A', 28 => 'AAAA');

# Answers that are no addresses, and their response codes.
my %Code = (silent => 0, servfail => 2, nxdomain => 3);

sub new {
    my ($class) = @_;

    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => 0,
        Proto     => 'udp',
    ) or die "cannot bind the DNS server: $!\n";
    return bless {socket => $socket, port => $socket->sockport}, $class;
}

sub port { my ($self) = @_; return $self->{port} }

# Serves the zones of one block.
sub start {
    my ($self, $zones) = @_;

    $self->stop;
    $self->drain;
    unlink log_path();
    set_zones($zones);
    $self->{pid} = fork_worker('DNS server', sub { $self->serve });
    return;
}

# Replaces the zones: lines of a name and, optionally, "ttl=SECONDS", and
# addresses or a word of %Code.
sub set_zones {
    my ($zones) = @_;

    my $path = zones_path();
    open my $out, '>', "$path.new" or die "cannot write $path: $!\n";
    print $out $zones;
    close $out or die "cannot write $path: $!\n";
    rename "$path.new", $path or die "cannot write $path: $!\n";
    return;
}

# Waits until nginx has been sent this answer for the name, addresses or a word
# of %Code. nginx sends an A and an AAAA query at once and needs both answers.
sub wait_for_answer {
    my ($name, $answer) = @_;

    my $answered = qr/^A \Q$name $answer\E\n.*^AAAA \Q$name\E\b/ms;
    wait_until(WAIT_LIMIT, sub {
        return slurp(log_path()) =~ $answered;
    }) or die "the DNS server has no query for $name, or answered"
        . " something other than $answer:\n" . slurp(log_path());
    return;
}

sub zones_path { return work_dir() . '/dns.zones' }
sub log_path   { return work_dir() . '/dns.log' }

sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub read_zones {
    my %zones;
    for my $line (split /\n/, slurp(zones_path())) {
        my ($name, @words) = split ' ', $line;
        next unless defined $name;
        $name =~ s/^\.//;
        my $ttl = @words && $words[0] =~ /^ttl=(\d+)$/ ? $1 : undef;
        shift @words if defined $ttl;
        $zones{lc $name} = {
            ttl    => $ttl // TTL,
            answer => @words ? \@words : ['127.0.0.1'],
        };
    }
    return \%zones;
}

sub stop {
    my ($self) = @_;

    stop_process(delete $self->{pid}, [TERM => 1]) if $self->{pid};
    return;
}

sub drain {
    my ($self) = @_;

    my $select = IO::Select->new($self->{socket});
    $self->{socket}->recv(my $ignored, 4096) while $select->can_read(0);
    return;
}

sub serve {
    my ($self) = @_;

    my $parent = getppid();
    my $select = IO::Select->new($self->{socket});
    while (getppid() == $parent) {
        next unless $select->can_read(1);
        my $peer = $self->{socket}->recv(my $query, 4096);
        next unless defined $peer;
        my ($reply, $line) = answer($query) or next;
        $self->{socket}->send($reply, 0, $peer) if defined $reply;
        open my $log, '>>', log_path() or die "cannot write the log: $!\n";
        print $log "$line\n";
        close $log or die "cannot write the log: $!\n";
    }
    return;
}

# The answer to one query, undef for "silent", and the line for the log; nothing
# if it is no query we can read.
sub answer {
    my ($query) = @_;

    return if length $query < 17;
    my ($id, $flags, $questions) = unpack 'nnn', $query;
    return if $questions != 1 || $flags & 0x8000;

    my ($at, @labels) = (12);
    while (my $length = unpack 'C', substr $query, $at, 1) {
        return if $at + $length + 6 > length $query;
        push @labels, lc substr $query, $at + 1, $length;
        $at += $length + 1;
    }
    my $question = substr $query, 12, $at + 5 - 12;
    my ($type, $class) = unpack 'nn', substr $query, $at + 1, 4;
    $type = $Type{$type} || $type;

    my $zone = find_zone(read_zones(), @labels) || {answer => ['nxdomain']};
    my @answer = @{$zone->{answer}};
    my $code   = $Code{$answer[0]};
    @answer = () if !defined $code && ($type ne 'A' || $class != CLASS_IN);
    my $line = join ' ', $type, join('.', @labels), @answer;
    return (undef, $line) if $zone->{answer}[0] eq 'silent';

    # 0xc00c points to the name in the question.
    my @records = defined $code ? () : map {
        pack 'nnnNn a4', 0xc00c, 1, CLASS_IN, $zone->{ttl}, 4,
            pack 'C4', split /\./ } @answer;
    return (pack('nnnnnn', $id, 0x8180 | ($code // 0), 1, scalar @records, 0, 0)
        . join('', $question, @records), $line);
}

sub find_zone {
    my ($zones, @labels) = @_;

    while (@labels) {
        my $zone = $zones->{join '.', @labels};
        return $zone if $zone;
        shift @labels;
    }
    return;
}

1;
