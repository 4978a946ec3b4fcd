package NginxTest::Dns;

# A small DNS server on a UDP port: it answers A queries for the names of the
# block's dns section, and all names below them, and knows no other names.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();

use NginxTest::Process qw(fork_worker stop_process);

use constant {TYPE_A => 1, CLASS_IN => 1, NXDOMAIN => 3, TTL => 60};

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

# Serves the zones of one block: lines of a name and, optionally, addresses.
sub start {
    my ($self, $zones) = @_;

    $self->stop;
    $self->drain;
    my %zones;
    for my $line (split /\n/, $zones) {
        my ($name, @addresses) = split ' ', $line;
        next unless defined $name;
        $name =~ s/^\.//;
        $zones{lc $name} = @addresses ? \@addresses : ['127.0.0.1'];
    }
    $self->{pid} = fork_worker('DNS server', sub { $self->serve(\%zones) });
    return;
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
    my ($self, $zones) = @_;

    my $parent = getppid();
    my $select = IO::Select->new($self->{socket});
    while (getppid() == $parent) {
        next unless $select->can_read(1);
        my $peer = $self->{socket}->recv(my $query, 4096);
        next unless defined $peer;
        my $reply = reply($query, $zones);
        $self->{socket}->send($reply, 0, $peer) if defined $reply;
    }
    return;
}

# The answer to one query, undef if it is no query we can read.
sub reply {
    my ($query, $zones) = @_;

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

    my $addresses = find_zone($zones, @labels);
    my @answers = !$addresses || $type != TYPE_A || $class != CLASS_IN ? () :
        # 0xc00c points to the name in the question.
        map { pack 'nnnNn a4', 0xc00c, TYPE_A, CLASS_IN, TTL, 4,
                  pack 'C4', split /\./ } @$addresses;
    my $code = $addresses ? 0 : NXDOMAIN;
    return pack('nnnnnn', $id, 0x8180 | $code, 1, scalar @answers, 0, 0)
        . join '', $question, @answers;
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
