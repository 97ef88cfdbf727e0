# Make the certificate of nginx, unless somebody has stored one already.
if kubectl get secret "$NGINX_CERT_SECRET" > /dev/null 2>&1; then
  echo "using existing $NGINX_CERT_SECRET secret"
  exit 0
fi
cd /cert-gen
/cert-gen/genssl.sh "*.$WHISK_API_HOST_NAME" server /cert-gen
kubectl create secret tls "$NGINX_CERT_SECRET" --cert=openwhisk-server-cert.pem --key=openwhisk-server-key.pem
