// SPDX-License-Identifier: GPL-3.0-or-later
// Empty: a package with an assembly file may declare functions without bodies, which go:linkname takes elsewhere.
