# SPDX-License-Identifier: GPL-3.0-or-later
# For debian/rules of a package whose programs are to have module tables:
#   include /usr/share/pctab/pctab.mk
# and in debian/control: Build-Depends: pctab.  README says more.
PCTAB_FLAGS ?= $(shell pkg-config --libs pctab-link)
PCTAB_VERIFY ?= pctab-verify
PCTAB_VERIFY_FLAGS ?= --fail-on=warning
export DEB_LDFLAGS_MAINT_APPEND += $(PCTAB_FLAGS)

# What is about to be packed, stripped and without its debug information.
execute_after_dh_strip:
	$(PCTAB_VERIFY) $(PCTAB_VERIFY_FLAGS) $(addprefix debian/,$(shell dh_listpackages))
