# Gaussian mixtures in R: thin functions over src/gaussmix.c. The numbers are those of every other host, bit for bit.

families <- c("full", "tied", "diag", "spherical", "EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV")

# mclust's codes of the first four.
codes <- c(VVV = "full", EEE = "tied", VVI = "diag", VII = "spherical")

# Fits a mixture of n_components Gaussians to the rows of x, a numeric matrix; sample_weight has one weight a row.
# covariance_type is one of families, or mclust's code of one. With missing = "em", NA and NaN are values that are
# missing at random, and a row counts by the others. noise = TRUE, or a list of a weight and a log_volume, adds a
# uniform background, which a `start` that has one keeps. `start` is a mixture to start from, of which `fixed`, as
# list(means = c(1, 3), covariances = "all"), keeps components as they are; bounds = list(weights = c(least, most),
# variances = c(least, most)) limits the others. `labels` has the component that a row came from, as a number or a
# factor, NA where it is not known; `allowed`, a logical matrix (n, K), those that it may have come from.
gm_fit <- function(x, n_components = length(coef(start)$weights),
                   covariance_type = if (is.null(start)) families else coef(start)$covariance_type,
                   sample_weight = NULL, n_init = 1, max_iter = 100, tol = 1e-3, reg_covar = NULL, seed = 0,
                   effort = c("normal", "low", "high"), acceleration = c("auto", "off", "classic"),
                   missing = c("error", "em"), noise = !is.null(coef(start)$noise_weight), start = NULL, fixed = NULL,
                   bounds = NULL, labels = NULL, allowed = NULL) {
  family <- family_number(match.arg(covariance_type[1], c(families, names(codes))))
  acceleration <- match(match.arg(acceleration), c("auto", "off", "classic")) - 1
  x <- numeric_matrix(x)
  sample_weight <- weights_of(sample_weight, x)
  numbers <- numbers_of(n_components, family, n_init, max_iter, tol, reg_covar, seed, match.arg(effort), acceleration)
  known <- c(list(start), fixed_of(fixed, n_components), list(bounds_of(bounds)),
             list(sets_of(labels, allowed, nrow(x), n_components)))
  as_model(.Call(C_fit, x, sample_weight, numbers, colnames(x), match.arg(missing) == "em", background(noise), known))
}

# Fits families of covariances with several numbers of components: a table of them, best first, with the models. The
# cells that must not be chosen come last, and say why.
gm_select <- function(x, n_components = 1:9, covariance_types = NULL, criterion = c("bic", "icl", "aic"),
                      sample_weight = NULL, max_iter = 1000, tol = 1e-5, reg_covar = NULL, seed = 0,
                      effort = c("normal", "low", "high"), missing = c("error", "em"), noise = FALSE) {
  criterion <- match.arg(criterion)
  x <- numeric_matrix(x)
  chosen <- if (is.null(covariance_types)) NULL else as.double(vapply(covariance_types, family_number, 0))
  numbers <- numbers_of(1, 0, 1, max_iter, tol, reg_covar, seed, match.arg(effort), 0)
  found <- .Call(C_select, x, weights_of(sample_weight, x), numbers, colnames(x), background(noise), chosen,
                 as.double(n_components), match.arg(missing) == "em")
  models <- lapply(found$model, function(pointer) if (is.null(pointer)) NULL else as_model(pointer))
  cells <- data.frame(covariance_type = codes_of(found$covariance_type), n_components = found$n_components,
                      bic = found$bic, aic = found$aic, icl = found$icl, reason = found$reason)
  order <- order(cells$reason != "", cells[[criterion]])
  best <- order[cells$reason[order] == ""][1]
  structure(list(criterion = criterion, cells = cells[order, ], models = models[order],
                 best = if (is.na(best)) NULL else models[[best]]), class = "gaussmix_selection")
}

# A matrix of the criterion, of numbers of components and families, and the best three.
print.gaussmix_selection <- function(x, ...) {
  cells <- x$cells
  value <- ifelse(cells$reason == "", cells[[x$criterion]], NA)
  cat(toupper(x$criterion), "(smaller is better)\n")
  print(tapply(value, list(K = cells$n_components, family = cells$covariance_type), identity), ...)
  best <- cells[seq_len(min(3, nrow(cells))), c("covariance_type", "n_components", x$criterion)]
  print(best, row.names = FALSE, ...)
  invisible(x)
}

gm_save <- function(model, path) invisible(.Call(C_save, model, path.expand(path)))

gm_load <- function(path) as_model(.Call(C_load, path.expand(path)))

# The parameters: weights (K), means (K, d), covariances with the component last, and how the fit went; of a mixture of
# variational Bayes, which other hosts can fit, its posterior as well, and of one with a background noise_weight and
# noise_log_volume. A model with `collapsed`
# components, counted from 1, is degenerate: criteria say nothing of it.
coef.gaussmix <- function(object, ...) {
  p <- .Call(C_parameters, object)
  k <- length(p$weights)
  d <- length(p$means) / k
  p$covariance_type <- families[p$covariance_type + 1]
  p$means <- matrix(p$means, k, d, byrow = TRUE, dimnames = list(NULL, p$feature_names))
  p$covariances <- switch(p$covariance_type,
    tied = matrix(p$covariances, d, d),
    diag = , EEI = , VEI = , EVI = matrix(p$covariances, k, d, byrow = TRUE),
    spherical = , EII = p$covariances,
    array(p$covariances, c(d, d, k))
  )
  p
}

# "class": components counted from 1, 0 for a background; "prob": responsibilities (n, K), and one more column for it; "density": log-densities. NA and NaN are missing
# values if they were in the fit, or with missing = "em".
predict.gaussmix <- function(object, newdata, type = c("class", "prob", "density"), missing = NULL, ...) {
  type <- match.arg(type)
  x <- numeric_matrix(newdata)
  holes <- takes_holes(object, missing)
  switch(type,
    class = .Call(C_predict, object, x, holes) + 1L,
    prob = matrix(.Call(C_predict_proba, object, x, holes), nrow(x), byrow = TRUE),
    density = .Call(C_score_samples, object, x, holes)
  )
}

# The rows with the mean of each missing value given what its row has; with n_draws drawn so many times, (n, d, n_draws).
gm_impute <- function(model, x, n_draws = NULL, seed = 0) {
  x <- numeric_matrix(x)
  if (!is.null(n_draws)) stopifnot(n_draws >= 1)
  filled <- .Call(C_impute, model, x, if (is.null(n_draws)) 0 else n_draws, seed)
  if (is.null(n_draws)) return(matrix(filled, nrow(x), byrow = TRUE, dimnames = dimnames(x)))
  aperm(array(filled, c(ncol(x), nrow(x), n_draws)), c(2, 1, 3))
}

# BIC, AIC and ICL of the rows that a model was fitted to, with the weights that it was fitted with: the number of rows
# is their sum. Smaller is better.
gm_criteria <- function(model, x, sample_weight = NULL, missing = NULL) {
  x <- numeric_matrix(x)
  if (length(coef(model)$collapsed) > 0) warning("criteria say nothing of a model with a collapsed component")
  found <- .Call(C_criteria, model, x, weights_of(sample_weight, x), takes_holes(model, missing))
  names(found) <- c("bic", "aic", "icl")
  found
}

print.gaussmix <- function(x, ...) {
  p <- coef(x)
  cat("Gaussian mixture,", p$covariance_type, "covariances,", p$status, "after", p$n_iter, "iterations\n")
  if (length(p$collapsed) > 0) cat("degenerate: collapsed components", p$collapsed, "\n")
  print(cbind(weight = p$weights, p$means), ...)
  if (!is.null(p$noise_weight)) cat("noise: weight", p$noise_weight, "\n")
  invisible(x)
}

family_number <- function(covariance_type) {
  if (is.element(covariance_type, names(codes))) covariance_type <- codes[[covariance_type]]
  match(match.arg(covariance_type, families), families) - 1
}

# mclust's codes of families by their numbers.
codes_of <- function(numbers) {
  named <- families[numbers + 1]
  ifelse(is.element(named, codes), names(codes)[match(named, codes)], named)
}

numbers_of <- function(n_components, family, n_init, max_iter, tol, reg_covar, seed, effort, acceleration) {
  as.double(c(n_components, family, n_init, max_iter, tol, if (is.null(reg_covar)) NaN else reg_covar, seed,
              match(effort, c("low", "normal", "high")) - 1, acceleration))
}

# The weight and the log-volume of a background, NaN where they are to be found; NULL without one.
background <- function(noise) {
  if (isFALSE(noise) || is.null(noise)) return(NULL)
  if (isTRUE(noise)) return(c(NaN, NaN))
  stopifnot(is.list(noise), all(is.element(names(noise), c("weight", "log_volume"))))
  as.double(c(if (is.null(noise$weight)) NaN else noise$weight,
              if (is.null(noise$log_volume)) NaN else noise$log_volume))
}

# The components, counted from 0, of which weights, means and covariances stay.
fixed_of <- function(fixed, n_components) {
  parts <- c("weights", "means", "covariances")
  check_names(fixed, "fixed", parts)
  lapply(parts, function(part) {
    chosen <- if (identical(fixed[[part]], "all")) seq_len(n_components) else fixed[[part]]
    if (!all(is.element(chosen, seq_len(n_components)))) {
      stop("fixed$", part, " must be components, 1 to ", n_components, ", or \"all\"")
    }
    as.double(chosen) - 1
  })
}

# The least and the most weight, the least and the most variance.
bounds_of <- function(bounds) {
  check_names(bounds, "bounds", c("weights", "variances"))
  if (!all(lengths(bounds) == 2)) stop("bounds must have pairs: c(least, most)")
  as.double(c(if (is.null(bounds$weights)) c(0, 1) else bounds$weights,
              if (is.null(bounds$variances)) c(0, Inf) else bounds$variances))
}

check_names <- function(given, what, names) {
  if (is.null(given) || is.list(given) && length(given) == sum(is.element(names(given), names))) return(invisible())
  stop(what, " must be a list with some of the names ", paste(names, collapse = ", "))
}

# Whether each row may have come from each component, and from a background, as bytes, row by row; NULL: nothing is
# known.
sets_of <- function(labels, allowed, n_rows, n_components) {
  if (is.null(labels) && is.null(allowed)) return(NULL)
  sets <- matrix(TRUE, n_rows, n_components + 1)
  if (!is.null(labels)) {
    known <- which(!is.na(labels))
    if (is.factor(labels)) labels <- as.integer(labels)
    if (length(labels) != n_rows || !all(is.element(labels[known], seq_len(n_components)))) {
      stop("labels must have a component, 1 to ", n_components, ", or NA, for each of the ", n_rows, " rows")
    }
    sets[known, ] <- FALSE
    sets[cbind(known, labels[known])] <- TRUE
  }
  if (!is.null(allowed)) {
    width <- ncol(allowed)
    if (!is.logical(allowed) || anyNA(allowed) || !is.element(width, n_components + 0:1) || nrow(allowed) != n_rows) {
      stop("allowed must be a logical matrix of ", n_rows, " rows and ", n_components, " columns, without NA")
    }
    sets[, seq_len(width)] <- sets[, seq_len(width)] & allowed
  }
  as.raw(t(sets))
}

as_model <- function(pointer) structure(pointer, class = "gaussmix")

# Whether NA and NaN are missing values: as in the fit, unless told.
takes_holes <- function(model, missing) {
  if (is.null(missing)) coef(model)$missing else match.arg(missing, c("error", "em")) == "em"
}

weights_of <- function(sample_weight, x) {
  if (is.null(sample_weight)) return(NULL)
  stopifnot(length(sample_weight) == nrow(x))
  as.double(sample_weight)
}

numeric_matrix <- function(x) {
  x <- as.matrix(x)
  if (!is.numeric(x)) stop("x must be numeric")
  storage.mode(x) <- "double"
  x
}
