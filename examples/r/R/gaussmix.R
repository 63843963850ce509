# Gaussian mixtures in R: thin functions over src/gaussmix.c. The numbers are those of every other host, bit for bit.

families <- c("full", "tied", "diag", "spherical", "EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV")

# mclust's codes of the first four.
codes <- c(VVV = "full", EEE = "tied", VVI = "diag", VII = "spherical")

# Fits a mixture of n_components Gaussians to the rows of x, a numeric matrix; sample_weight has one weight a row.
# covariance_type is one of families, or mclust's code of one. With missing = "em", NA and NaN are values that are missing
# at random, and a row counts by the others.
gm_fit <- function(x, n_components, covariance_type = families, sample_weight = NULL, n_init = 1, max_iter = 100,
                   tol = 1e-3, reg_covar = NULL, seed = 0, effort = c("normal", "low", "high"),
                   acceleration = c("auto", "off", "classic"), missing = c("error", "em")) {
  if (is.element(covariance_type[1], names(codes))) covariance_type <- codes[[covariance_type[1]]]
  family <- match(match.arg(covariance_type, families), families) - 1
  effort <- match(match.arg(effort), c("low", "normal", "high")) - 1
  acceleration <- match(match.arg(acceleration), c("auto", "off", "classic")) - 1
  x <- numeric_matrix(x)
  sample_weight <- weights_of(sample_weight, x)
  numbers <- as.double(c(n_components, family, n_init, max_iter, tol, if (is.null(reg_covar)) NaN else reg_covar, seed,
                         effort, acceleration))
  as_model(.Call(C_fit, x, sample_weight, numbers, colnames(x), match.arg(missing) == "em"))
}

gm_save <- function(model, path) invisible(.Call(C_save, model, path.expand(path)))

gm_load <- function(path) as_model(.Call(C_load, path.expand(path)))

# The parameters: weights (K), means (K, d), covariances with the component last, and how the fit went; of a mixture of
# variational Bayes, which other hosts can fit, its posterior as well. A model with `collapsed`
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

# "class": components counted from 1; "prob": responsibilities (n, K); "density": log-densities. NA and NaN are missing
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
  invisible(x)
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
