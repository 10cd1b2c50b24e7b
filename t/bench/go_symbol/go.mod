// SPDX-License-Identifier: GPL-3.0-or-later

module pctab/go_symbol

go 1.19
