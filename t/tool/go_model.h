/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Go program's own tables as a struct model, as an importer would leave it. */
#ifndef GO_MODEL_H
#define GO_MODEL_H

#include "go_pclntab.h"
#include "model.h"

enum { GO_TABLES = 3 }; /* pcdata tables that are translated: UnsafePoint, StackMapIndex, InlTreeIndex */

bool go_model_fill (const struct go_pclntab *g, struct model *m, struct diag *d);

#endif
