# SPDX-License-Identifier: GPL-3.0-or-later
# The second reader's (../format_reader.pl) answers in the form of `pctab-dump --lookup`; T is a table, S a shape.
package FormatJson;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(quoted number_or_null known_line hex_or_null cfa_json ra_json fp_json);

# As readelf names them.
my %REGISTERS = (
  3 => [qw(eax ecx edx ebx esp ebp esi edi eip)],
  62 => [qw(rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip)],
  183 => [map({ "x$_" } 0 .. 30), 'sp'],
  243 => [qw(zero ra sp gp tp t0 t1 t2 s0 s1), map({ "a$_" } 0 .. 7), map({ "s$_" } 2 .. 11), map({ "t$_" } 3 .. 6)],
  21 => [map({ "r$_" } 0 .. 64), 'lr'],
);

sub quoted {
  my ($text) = @_;
  return 'null' if !defined $text;
  $text =~ s/(["\\])/\\$1/g;
  return "\"$text\"";
}

sub number_or_null { return $_[0] // 'null'; }
sub known_line { return defined $_[0] ? $_[1] : 0; } # FILE, LINE
sub hex_or_null { return defined $_[0] ? sprintf '"0x%x"', $_[0] : 'null'; }

sub register {
  my ($t, $number) = @_;
  my $names = $REGISTERS{$t->{machine}} // [];
  return quoted($names->[$number] // "r$number");
}

sub place {
  my ($t, $reg, $off) = @_;
  return sprintf '{"at":{"register":%s,"offset":%d}}', register($t, $reg), $off;
}

sub cfa_json {
  my ($t, $s, $offset) = @_;
  return 'null' if $s->{cfa} == 0;
  return sprintf '{"base":"%s","offset":%d}', $s->{cfa} == 1 ? 'sp' : 'fp', $offset if $s->{cfa} < 3;
  my $text = sprintf '{"base":"expr","offset":%d,"register":%s', $offset, register($t, $s->{cfa_reg});
  $text .= sprintf ',"index":%s,"scale":%d', register($t, $s->{index}), $s->{scale} if $s->{cfa} == 5;
  $text .= sprintf ',"deref":true,"add":%d', $s->{add} if $s->{cfa} > 3;
  return "$text}";
}

sub ra_json {
  my ($t, $s) = @_;
  return $s->{ra} == 1 ? "{\"saved\":$s->{ra_off}}"
       : $s->{ra} == 2 ? '{"register":' . register($t, $s->{ra_reg}) . '}'
       : $s->{ra} == 4 ? place($t, $s->{ra_reg}, $s->{ra_off})
       : 'null';
}

sub fp_json {
  my ($t, $s) = @_;
  return $s->{fp} == 0 ? 'null'
       : $s->{fp} == 1 ? $s->{fp_off}
       : $s->{fp} == 2 ? 'null,"fp_rule":' . place($t, $s->{fp_reg}, $s->{fp_off})
       : $s->{fp} == 3 ? 'null,"fp_rule":{"register":' . register($t, $s->{fp_reg}) . '}'
       : 'null,"fp_rule":"unknown"';
}

1;
