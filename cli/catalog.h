/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is registered, ready for use: models and apps out of the registry's records. A model's
 * record holds its JSON as text and its weights as blob; an app's, its manifest.
 */
#ifndef SYN_CLI_CATALOG_H
#define SYN_CLI_CATALOG_H

#include "cli/console.h"
#include "core/app/app.h"
#include "core/model/model.h"

/* A registered model; the caller frees it. */
int syn_catalog_model(struct syn_console *console, const char *name, struct syn_model **model,
                      struct syn_error *error);

/* A registered app. */
int syn_catalog_app(struct syn_console *console, const char *name, struct syn_app *app,
                    struct syn_error *error);

#endif
